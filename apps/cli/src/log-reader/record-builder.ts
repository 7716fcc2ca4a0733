import { cutToBytes } from './cut-to-bytes';
import type { ReadCounts, SourceRecord } from './source-record';

type Head = Omit<SourceRecord, 'message'>;

/** The record that further lines may still join. Messages are bounded: what would make one longer starts another record of the same head. */
export class RecordBuilder {
  private head: Head | undefined;
  private parts: string[] = [];
  /** Of the message so far, or more. */
  private bytes = 0;
  private isCounted = false;

  constructor(
    private readonly maxMessageBytes: number,
    private readonly counts: ReadCounts,
    private readonly onRecord: (record: SourceRecord) => void,
  ) {}

  get isOpen(): boolean {
    return this.head !== undefined;
  }

  get service(): string | undefined {
    return this.head?.service;
  }

  start(head: Head, message: string): void {
    this.emit();
    this.counts.records++;
    this.head = head;
    this.append(message);
  }

  /** `level` is what the line shows; it counts where the record's first line showed none. */
  join(text: string, level: string | undefined): void {
    if (this.head === undefined) throw new Error('there is no record to join to');
    if (level !== undefined && this.head.level === undefined && this.parts.length === 1)
      this.head = { ...this.head, level };
    if (!this.hasRoom(text)) {
      this.start({ ...this.head, lineNumber: this.counts.lines }, text);
      return;
    }
    this.counts.joined++;
    this.parts.push(text);
    this.bytes += 1 + this.sizeOf(text);
  }

  /** The rest of a line that was too long to be read in one. `head`: for the case that its beginning was blank. */
  addPiece(head: Head, text: string): void {
    this.counts.pieces++;
    this.start(this.head ?? head, text);
  }

  emit(): void {
    const head = this.head;
    if (head === undefined) return;
    this.head = undefined;
    // Field by field: spreading costs a tenth of the whole reading.
    this.onRecord({
      timestamp: head.timestamp,
      level: head.level,
      service: head.service,
      message: this.parts.length === 1 ? (this.parts[0] ?? '') : this.parts.join('\n'),
      traceId: head.traceId,
      spanId: head.spanId,
      correlationId: head.correlationId,
      context: head.context,
      lineNumber: head.lineNumber,
    });
  }

  private hasRoom(text: string): boolean {
    if (this.bytes + 1 + this.sizeOf(text) <= this.maxMessageBytes) return true;
    if (this.isCounted) return false;
    this.isCounted = true;
    this.bytes = Buffer.byteLength(this.parts.join('\n'));
    return this.bytes + 1 + this.sizeOf(text) <= this.maxMessageBytes;
  }

  /** Three bytes are the most that one UTF-16 unit becomes: a message is counted only when it may be too long. */
  private sizeOf(text: string): number {
    return this.isCounted ? Buffer.byteLength(text) : text.length * 3;
  }

  private append(message: string): void {
    this.isCounted = false;
    if (message.length * 3 <= this.maxMessageBytes) {
      this.parts = [message];
      this.bytes = message.length * 3;
      return;
    }
    const pieces = cutToBytes(message, this.maxMessageBytes);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      const head = this.head;
      this.parts = [piece];
      this.emit();
      this.head = head;
      this.counts.pieces++;
      this.counts.records++;
    }
    this.parts = [last];
    this.bytes = Buffer.byteLength(last);
  }
}
