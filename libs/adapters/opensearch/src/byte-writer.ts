import type { SpareRooms } from '../../../core/src/common/spare-rooms';
import { copyBytes } from '../../../core/src/ingest/copy-bytes';

/** Bytes in the making. Room is made once per line, not per piece. */
export class ByteWriter {
  /** Of `rooms`; to be given back there. */
  room: Uint8Array<ArrayBuffer>;
  private view: DataView;
  length = 0;

  constructor(
    capacity: number,
    private readonly rooms: SpareRooms,
  ) {
    this.room = rooms.take(capacity);
    this.view = new DataView(this.room.buffer);
  }

  ensureRoom(bytes: number): void {
    if (this.length + bytes <= this.room.length) return;
    const larger = this.rooms.take(Math.max(this.room.length * 2, this.length + bytes));
    larger.set(this.written());
    this.rooms.giveBack(this.room);
    this.room = larger;
    this.view = new DataView(larger.buffer);
  }

  put(byte: number): void {
    this.room[this.length++] = byte;
  }

  write(source: DataView, start = 0, end = source.byteLength): void {
    this.length = copyBytes(this.view, this.length, source, start, end);
  }

  /** Overwrites what was written there. */
  writeAt(at: number, source: DataView): void {
    copyBytes(this.view, at, source, 0, source.byteLength);
  }

  text(text: string): void {
    this.length += Buffer.from(this.room.buffer).write(text, this.length);
  }

  /** A view, not a copy. */
  written(): Buffer {
    return Buffer.from(this.room.buffer, 0, this.length);
  }
}
