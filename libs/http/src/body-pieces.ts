import type { SpareRooms } from '../../core/src/common/spare-rooms';

/** From here on a body is put together while it comes. */
const LARGE_BYTES = 64 * 1024;
/** Of what has come. Whoever announces a large body may never send it, and only what has come is counted for him. */
const MOST_ROOM_TIMES = 4;
/** A piece of a single byte takes some hundred bytes by itself. */
const MAX_PIECES = 64;

/**
 * A body that comes in pieces. Those of a large body are copied into one room: kept until the last one they would outlive the quick
 * rounds of the garbage collector. What it takes is bounded by what has come, however many pieces that is and whatever was announced.
 */
export class BodyPieces {
  private pieces: Buffer[] = [];
  private room: Buffer | undefined;
  private received = 0;

  /** @param mostBytes that may come: the length of the body where it is known */
  constructor(
    private readonly rooms: SpareRooms,
    private readonly mostBytes: number,
  ) {}

  add(piece: Buffer): void {
    const start = this.received;
    this.received += piece.length;
    if (this.room === undefined) {
      this.pieces.push(piece);
      if (this.needsRoom()) this.gather();
      return;
    }
    if (this.received > this.room.length) this.grow(this.room, start);
    piece.copy(this.room, start);
  }

  /** All that has come. To be called once, and nothing after it. */
  whole(): Buffer {
    const { room, received, pieces } = this;
    if (room !== undefined) return room.subarray(0, received);
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, received);
  }

  /** Keeps nothing of what has come. */
  drop(): void {
    this.pieces = [];
    if (this.room !== undefined) this.rooms.giveBackBytes(this.room);
    this.room = undefined;
  }

  private needsRoom(): boolean {
    const { mostBytes, received, pieces } = this;
    if (pieces.length > MAX_PIECES) return true;
    return mostBytes > LARGE_BYTES && received < mostBytes && mostBytes <= MOST_ROOM_TIMES * received;
  }

  private gather(): void {
    const room = this.takeRoom();
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(room, at);
    this.pieces = [];
    this.room = room;
  }

  private grow(room: Buffer, used: number): void {
    this.room = this.takeRoom();
    room.copy(this.room, 0, 0, used);
    this.rooms.giveBackBytes(room);
  }

  private takeRoom(): Buffer {
    const { buffer, byteOffset, byteLength } = this.rooms.takeBytes(
      Math.min(this.mostBytes, MOST_ROOM_TIMES * this.received),
    );
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}
