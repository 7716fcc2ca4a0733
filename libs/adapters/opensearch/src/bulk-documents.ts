/** Where the documents of a body are, which follow each other. As numbers: an object for each of thousands would be garbage to collect. */
export class BulkDocuments {
  private readonly ends: Uint32Array;
  private readonly lines: Uint32Array;
  private count = 0;

  /** @param most so many at most */
  constructor(most: number) {
    this.ends = new Uint32Array(most);
    this.lines = new Uint32Array(most);
  }

  get length(): number {
    return this.count;
  }

  /** @param end of its bytes @param line of the batch that it was made of */
  add(end: number, line: number): void {
    this.ends[this.count] = end;
    this.lines[this.count++] = line;
  }

  /** Of the bytes of a document: its action and its source. */
  startOf(document: number): number {
    return document === 0 ? 0 : this.endOf(document - 1);
  }

  endOf(document: number): number {
    return this.ends[document] ?? 0;
  }

  lengthOf(document: number): number {
    return this.endOf(document) - this.startOf(document);
  }

  /** The place of its line in the batch. */
  lineOf(document: number): number {
    return this.lines[document] ?? 0;
  }
}
