import type { SpareRooms } from '../../../core/src/common/spare-rooms';

/** Bytes in the making, in memory that is used again. */
export class ByteWriter {
  /** Of `rooms`; to be given back there. */
  room: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(
    capacity: number,
    private readonly rooms: SpareRooms,
  ) {
    this.room = rooms.take(capacity);
  }

  write(bytes: Uint8Array): void {
    this.ensureRoom(bytes.length);
    this.room.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A view, not a copy. */
  written(): Buffer {
    return Buffer.from(this.room.buffer, 0, this.length);
  }

  private ensureRoom(bytes: number): void {
    if (this.length + bytes <= this.room.length) return;
    const larger = this.rooms.take(Math.max(this.room.length * 2, this.length + bytes));
    larger.set(this.written());
    this.rooms.giveBack(this.room);
    this.room = larger;
  }
}
