const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Text to look for or to write, as bytes. */
export function viewOf(text: string): DataView {
  return new DataView(new TextEncoder().encode(text).buffer);
}

/** Walks over the bytes of one line of JSON whose keys and their order are known. */
export class LineReader {
  at = 0;
  /** Of the line; not to be read beyond. */
  end = 0;
  /** The same bytes, of which it can read four at once. */
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

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
  skip(expected: DataView): boolean {
    const { view, at } = this;
    const length = expected.byteLength;
    if (at + length > this.end) return false;
    let index = 0;
    for (; index + 4 <= length; index += 4)
      if (view.getInt32(at + index) !== expected.getInt32(index)) return false;
    for (; index < length; index++) if (view.getUint8(at + index) !== expected.getUint8(index)) return false;
    this.at = at + length;
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
