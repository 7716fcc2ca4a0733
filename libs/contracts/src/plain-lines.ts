/** A line of bytes that can be written without being made first. */
export interface WritableLine {
  /** Without a line break. */
  readonly byteLength: number;
  /** Writes it, and returns the index behind it. */
  writeTo(target: DataView, at: number): number;
}

/** Takes the lines of a batch, in order. */
export interface LineTaker {
  /** So many bytes of lines still have room where the last were put. */
  readonly roomForLines: number;
  writeLine(line: WritableLine): void;
  /** So many lines, each with its line break, from `start` to before `end` of the bytes. One that has no room must be alone. */
  writeLines(bytes: Buffer, start: number, end: number, count: number): void;
}

/** What became of a part of a request. */
export interface Taken {
  readonly records: number;
  /** Index in the request. */
  readonly end: number;
  /** What is there: a value that must be parsed; one that was not looked at yet; or what is behind the last record and its white space, no separator. */
  readonly ending: 'not plain' | 'more' | 'behind';
}

/** From the bytes of a request to canonical lines; nothing is parsed. */
export interface PlainLines {
  /**
   * Takes records that need no change, the first of which may begin at `start`, separated by commas in a list, else by line breaks: at most
   * `mostRecords`, and perhaps fewer.
   */
  take(start: number, isList: boolean, firstIndex: number, mostRecords: number, lines: LineTaker): Taken;
}
