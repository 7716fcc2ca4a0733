import type { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import type { LineTaker, WritableLine } from '../../../libs/contracts/src/plain-lines';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';

const NEWLINE = 0x0a;
const MIN_CAPACITY = 256;
/** Node has memory for small buffers at hand. */
const SMALL_BYTES = 4096;
const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_VIEW = new DataView(NO_BYTES.buffer, 0, 0);

/**
 * Writes lines into messages of at most `maxBytes` each; a line that is longer by itself is a message of its own. Lines become bytes one by
 * one: joined to a long text first, they would be copied twice more.
 */
export class MessageWriter implements LineTaker {
  private readonly messages: EncodedBatch[] = [];
  private buffer = NO_BYTES;
  /** Of the same bytes. */
  private view = NO_VIEW;
  private used = 0;
  private closedBytes = 0;
  private recordCount = 0;

  /** @param expectedBytes of all lines, roughly: so much is made room for at once */
  constructor(
    private readonly maxBytes: number,
    private expectedBytes: number,
    private readonly rooms: SpareRooms,
  ) {}

  write(line: string): void {
    this.makeRoom(Buffer.byteLength(line) + 1);
    this.used += this.buffer.write(line, this.used, 'utf8');
    this.endLine();
  }

  writeLine(line: WritableLine): void {
    this.makeRoom(line.byteLength + 1);
    this.used = line.writeTo(this.view, this.used);
    this.endLine();
  }

  /** Of all lines so far. */
  get bytes(): number {
    return this.closedBytes + this.used;
  }

  get roomForLines(): number {
    return this.maxBytes - this.used;
  }

  writeLines(bytes: Buffer, start: number, end: number, count: number): void {
    this.makeRoom(end - start);
    this.used += bytes.copy(this.buffer, this.used, start, end);
    this.recordCount += count;
  }

  finish(): readonly EncodedBatch[] {
    this.close();
    return this.messages;
  }

  private endLine(): void {
    this.buffer[this.used++] = NEWLINE;
    this.recordCount++;
  }

  private makeRoom(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return;
    if (this.used + bytes > this.maxBytes) this.close();
    const wanted = Math.min(this.maxBytes, Math.max(this.expectedBytes, 2 * this.used, MIN_CAPACITY));
    const larger = this.take(Math.max(wanted, this.used + bytes));
    this.buffer.copy(larger, 0, 0, this.used);
    this.rooms.giveBackBytes(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }

  private take(length: number): Buffer {
    if (length < SMALL_BYTES) return Buffer.allocUnsafe(length);
    const { buffer, byteOffset } = this.rooms.takeBytes(length);
    return Buffer.from(buffer, byteOffset, length);
  }

  private close(): void {
    const { recordCount, used } = this;
    if (recordCount === 0) return;
    this.messages.push({ ndjson: this.buffer.subarray(0, used), recordCount });
    this.expectedBytes -= used;
    this.closedBytes += used;
    this.buffer = NO_BYTES;
    this.used = 0;
    this.recordCount = 0;
  }
}
