import { copyBytes } from './copy-bytes';

/** From `start` to before `end`, of bytes that its user knows. */
export interface ByteRange {
  start: number;
  end: number;
}

type Before = ',' | ',"' | '.' | ':';

/** Pieces of one sequence of bytes, in their new order, each with a mark or two before it. */
export class BytePieces {
  /** In all. */
  byteLength = 0;
  private count = 0;
  /** Mark, second mark or 0, start, end. */
  private readonly entries: Int32Array;

  constructor(maxPieces: number) {
    this.entries = new Int32Array(4 * maxPieces);
  }

  clear(): void {
    this.count = 0;
    this.byteLength = 0;
  }

  add(before: Before, start: number, end: number): void {
    const { entries } = this;
    const at = 4 * this.count;
    if (before === ',' && at > 0 && entries[at - 1] === start - 1) {
      // What is between the two is the comma.
      entries[at - 1] = end;
    } else {
      entries[at] = before.charCodeAt(0);
      entries[at + 1] = before.length === 1 ? 0 : before.charCodeAt(1);
      entries[at + 2] = start;
      entries[at + 3] = end;
      this.count++;
    }
    this.byteLength += before.length + end - start;
  }

  /** Index behind the last piece. */
  copyTo(target: DataView, targetAt: number, from: DataView): number {
    const { entries } = this;
    let to = targetAt;
    for (let at = 0; at < 4 * this.count; at += 4) {
      target.setUint8(to++, entries[at] ?? 0);
      const second = entries[at + 1] ?? 0;
      if (second !== 0) target.setUint8(to++, second);
      to = copyBytes(target, to, from, entries[at + 2] ?? 0, entries[at + 3] ?? 0);
    }
    return to;
  }
}
