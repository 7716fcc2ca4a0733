import type { SpareRooms } from '../../../core/src/common/spare-rooms';

/** Below this length a loop is faster than a call out of JavaScript. */
const SHORT = 24;

/** Bytes in the making. Room is made once per line, not per piece. */
export class ByteWriter {
  /** Of `rooms`; to be given back there. */
  room: Uint8Array<ArrayBuffer>;
  private bytes: Buffer;
  length = 0;

  constructor(
    capacity: number,
    private readonly rooms: SpareRooms,
  ) {
    this.room = rooms.take(capacity);
    this.bytes = Buffer.from(this.room.buffer);
  }

  ensureRoom(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = this.rooms.take(Math.max(this.bytes.length * 2, this.length + bytes));
    larger.set(this.written());
    this.rooms.giveBack(this.room);
    this.room = larger;
    this.bytes = Buffer.from(larger.buffer);
  }

  put(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  write(source: Buffer, start = 0, end = source.length): void {
    if (end - start >= SHORT) {
      source.copy(this.bytes, this.length, start, end);
      this.length += end - start;
      return;
    }
    const { bytes } = this;
    let at = this.length;
    for (let index = start; index < end; index++) bytes[at++] = source[index] ?? 0;
    this.length = at;
  }

  /** Overwrites what was written there. */
  writeAt(at: number, source: Buffer): void {
    source.copy(this.bytes, at);
  }

  /** Lets `write` put bytes from here on; it returns where they end, or a negative number where it wrote nothing. */
  fill(write: (bytes: Buffer, at: number) => number): number {
    const end = write(this.bytes, this.length);
    if (end >= 0) this.length = end;
    return end;
  }

  text(text: string): void {
    this.length += this.bytes.write(text, this.length);
  }

  /** A view, not a copy. */
  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
