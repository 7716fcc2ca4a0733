import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';

const MAX_SPARE_BYTES = 8 * 1024 * 1024;

/**
 * Memory for messages, used again when they are on the queue's disk. Left to the garbage collector, what full messages need outlives its
 * quick rounds while the disk is waited for, and the slow ones come twice as often.
 */
export class MessageRoom {
  private readonly lent = new WeakSet<ArrayBufferLike>();
  private readonly spare: Buffer[] = [];

  /** @param maxMessageBytes of a message; so large is each piece */
  constructor(private readonly maxMessageBytes: number) {}

  /** Room for a message of at least so many bytes. */
  take(bytes: number): Buffer {
    if (bytes !== this.maxMessageBytes) return Buffer.allocUnsafe(bytes);
    const room = this.spare.pop() ?? Buffer.allocUnsafeSlow(bytes);
    this.lent.add(room.buffer);
    return room;
  }

  /** To be called when nobody reads these messages any more: their bytes will be written over. */
  giveBack(messages: readonly EncodedBatch[]): void {
    for (const { ndjson } of messages) {
      if (
        this.lent.delete(ndjson.buffer) &&
        (this.spare.length + 1) * this.maxMessageBytes <= MAX_SPARE_BYTES
      )
        this.spare.push(Buffer.from(ndjson.buffer));
    }
  }
}
