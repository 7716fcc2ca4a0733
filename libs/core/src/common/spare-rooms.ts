/** So that bodies of nearly the same size find each other's room. */
const STEP_BYTES = 64 * 1024;
const MIN_BYTES = 32 * 1024;
const MOST_OF_ASKED = 2;

/**
 * Memory that is used again and again. Left to the garbage collector, large pieces that outlive its quick rounds (as all do that wait for
 * a store or a disk) bring on the slow ones, which go through everything that a process has.
 */
export class SpareRooms {
  private readonly spare: Uint8Array<ArrayBuffer>[] = [];
  private readonly lent = new WeakMap<ArrayBufferLike, Uint8Array<ArrayBuffer>>();
  private spareBytes = 0;

  /** @param maxBytes of what is kept while nobody needs it */
  constructor(private readonly maxBytes: number) {}

  /** Kept now. */
  get bytes(): number {
    return this.spareBytes;
  }

  /** A piece of at least so many bytes and at most twice as many or 64 KiB, from 0 of a buffer of its own on. What it holds is left from earlier use. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    // Whoever takes a piece is counted with what was asked for: much more would be nobody's.
    const most = Math.max(MOST_OF_ASKED * bytes, STEP_BYTES);
    let smallest = Infinity;
    for (const { length } of this.spare)
      if (length >= bytes && length <= most && length < smallest) smallest = length;
    const at = this.spare.findIndex(({ length }) => length === smallest);
    const [found] = at === -1 ? [] : this.spare.splice(at, 1);
    if (found === undefined) return new Uint8Array(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
    this.spareBytes -= found.length;
    return found;
  }

  /** To be called when nobody reads or writes the piece any more. */
  giveBack(room: Uint8Array<ArrayBuffer>): void {
    this.spare.push(room);
    this.spareBytes += room.length;
    // Those that nobody has needed for longest go first: their size is out of use.
    while (this.spareBytes > this.maxBytes) this.spareBytes -= this.spare.shift()?.length ?? 0;
  }

  /** Exactly so many bytes, of such a piece or, where they are few, of their own: of these the garbage collector makes no fuss. */
  takeBytes(byteLength: number): Uint8Array<ArrayBuffer> {
    if (byteLength < MIN_BYTES) return new Uint8Array(byteLength);
    const room = this.take(byteLength);
    this.lent.set(room.buffer, room);
    return room.subarray(0, byteLength);
  }

  /** To be called when nobody reads or writes what takeBytes lent, or any part of it. Bytes from elsewhere are left alone. */
  giveBackBytes({ buffer }: Uint8Array): void {
    const room = this.lent.get(buffer);
    if (room === undefined) return;
    this.lent.delete(buffer);
    this.giveBack(room);
  }
}
