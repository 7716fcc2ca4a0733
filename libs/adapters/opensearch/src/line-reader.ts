const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Walks over the bytes of one line of JSON whose keys and their order are known. */
export class LineReader {
  at = 0;
  private end = 0;

  constructor(readonly bytes: Buffer) {}

  /** From `start` to before `end`. */
  begin(start: number, end: number): void {
    this.at = start;
    this.end = end;
  }

  /** The byte here; undefined beyond the end. */
  peek(): number | undefined {
    return this.at < this.end ? this.bytes[this.at] : undefined;
  }

  /** Passes over exactly these bytes, or stays. */
  skip(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    if (at + expected.length > this.end) return false;
    for (let index = 0; index < expected.length; index++)
      if (bytes[at + index] !== expected[index]) return false;
    this.at = at + expected.length;
    return true;
  }

  /** Passes over so many bytes, or stays. */
  skipBytes(count: number): boolean {
    if (this.at + count > this.end) return false;
    this.at += count;
    return true;
  }

  /** Inside a string: goes to its closing quote. False where there is none. */
  skipText(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.at = at;
        return true;
      }
      at += byte === BACKSLASH ? 2 : 1;
    }
    return false;
  }

  /** Goes to the next of two bytes, outside of strings. False where there is neither. */
  skipTo(first: number, second: number): boolean {
    const { bytes, end } = this;
    for (let at = this.at; at < end; at++) {
      if (bytes[at] !== first && bytes[at] !== second) continue;
      this.at = at;
      return true;
    }
    return false;
  }
}
