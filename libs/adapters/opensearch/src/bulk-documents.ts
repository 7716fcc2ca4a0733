/** Where the documents of a body are, which follow each other. As numbers: an object for each of thousands would be garbage to collect. */
export class BulkDocuments {
  private ends: Uint32Array;
  private lines: Uint32Array;
  private count = 0;

  /** @param expected so many are made room for */
  constructor(expected: number) {
    this.ends = new Uint32Array(expected);
    this.lines = new Uint32Array(expected);
  }

  get length(): number {
    return this.count;
  }

  /** @param end of its bytes @param line of the batch that it was made of */
  add(end: number, line: number): void {
    if (this.count === this.ends.length) this.grow();
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

  /** The same documents if their bytes are put into the order of these places. */
  inOrder(places: Uint32Array): BulkDocuments {
    const documents = new BulkDocuments(this.count);
    let end = 0;
    for (const place of places) documents.add((end += this.lengthOf(place)), this.lineOf(place));
    return documents;
  }

  private grow(): void {
    const { ends, lines } = this;
    this.ends = new Uint32Array(2 * this.count + 1);
    this.lines = new Uint32Array(2 * this.count + 1);
    this.ends.set(ends);
    this.lines.set(lines);
  }
}
