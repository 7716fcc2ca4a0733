import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import type { EncodedBatch, RejectedLine } from '../../../core/src/ingest/write-outcome';
import type { SpareRooms } from '../../../core/src/common/spare-rooms';
import { ByteWriter } from './byte-writer';
import { writeContextTerms } from './context-terms';
import { daysOfLogId, documentIdPrefix, LOG_ID_LENGTH } from './document-id';
import type { LogIndexNames } from './index-names';
import { LineReader } from './line-reader';
import { writeMessageWords } from './message-words';

const NEWLINE = 0x0a;
const CLOSE = 0x7d;

const ID_KEY = Buffer.from('{"id":"');
const PROJECT_KEY = Buffer.from('","project_id":"');
const TIMESTAMP_KEY = Buffer.from('","timestamp":"');
const RECEIVED_KEY = Buffer.from('","received_at":"');
const LEVEL_KEY = Buffer.from('","level":"');
const LEVELS = LOG_LEVELS.map((level) => Buffer.from(`${level}","service_name":"`));
const MESSAGE_KEY = Buffer.from('","message":"');
const CONTEXT_KEY = Buffer.from('","context":{');
const FINGERPRINT_KEY = Buffer.from(',"fingerprint":"');

const ACTION = Buffer.from('{"create":{"_index":"');
const ACTION_ID = Buffer.from('","_id":"');
const ACTION_END = Buffer.from('"}}\n');
const WORDS_KEY = Buffer.from(',"words":"');
const TERMS_KEY = Buffer.from('","context_terms":[');
const DOCUMENT_END = Buffer.from(']}\n');

/** What stands around a line's own bytes, its words and its terms. */
const ADDED_BYTES = 512;
/** Words and terms are no longer than what they are made of, but for letters whose lower case is longer. */
const MOST_GROWTH = 3;

const NOT_CANONICAL = 'is not a log record in canonical form';

/** Documents for `_bulk`, one after the other, and the lines that cannot become one. */
export interface BulkBody {
  readonly bytes: Buffer;
  readonly documents: readonly BulkDocument[];
  readonly rejected: readonly RejectedLine[];
  /** Where the bytes lie: may be written over once they are sent. */
  readonly room: Uint8Array<ArrayBuffer>;
  /** All indices that the documents go to. */
  readonly indexNames: readonly string[];
}

/** One action and its source within the bytes. */
export interface BulkDocument {
  /** Of the line in the batch. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Canonical lines (log-batch.message.ts) as the body of a `_bulk` request. A line becomes the document as it is, with two
 * fields added at its end that make it searchable: `words` and `context_terms`. Nothing is parsed: the keys of a canonical
 * line and their order are known.
 */
export function toBulkBody(
  batch: EncodedBatch,
  projectId: string,
  names: LogIndexNames,
  rooms: SpareRooms,
): BulkBody {
  const { buffer, byteOffset, byteLength } = batch.ndjson;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const builder = new BulkBodyBuilder(bytes, batch.recordCount, projectId, names, rooms);
  const documents: BulkDocument[] = [];
  const rejected: RejectedLine[] = [];
  for (let start = 0, index = 0; start < byteLength; index++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? byteLength : newline;
    const from = builder.length;
    const reason = builder.add(start, end);
    if (reason === undefined) documents.push({ index, start: from, end: builder.length });
    else rejected.push({ index, reason });
    start = end + 1;
  }
  return {
    bytes: builder.written(),
    room: builder.room,
    documents,
    rejected,
    indexNames: builder.indexNames,
  };
}

class BulkBodyBuilder {
  private readonly line: LineReader;
  private readonly out: ByteWriter;
  private readonly project: Buffer;
  private readonly idPrefix: Buffer;
  private readonly indexNameBytes = new Map<string, Buffer>();

  constructor(
    private readonly bytes: Buffer,
    recordCount: number,
    projectId: string,
    private readonly names: LogIndexNames,
    rooms: SpareRooms,
  ) {
    this.line = new LineReader(bytes);
    this.out = new ByteWriter(bytes.length * 2 + recordCount * ADDED_BYTES, rooms);
    this.project = Buffer.from(projectId);
    this.idPrefix = Buffer.from(documentIdPrefix(projectId));
  }

  get length(): number {
    return this.out.length;
  }

  get room(): Uint8Array<ArrayBuffer> {
    return this.out.room;
  }

  get indexNames(): readonly string[] {
    return [...this.indexNameBytes.keys()];
  }

  written(): Buffer {
    return this.out.written();
  }

  /** Adds the line between `start` and `end`. Returns why it cannot, and then adds nothing. */
  add(start: number, end: number): string | undefined {
    const { out } = this;
    const before = out.length;
    out.ensureRoom((end - start) * MOST_GROWTH + ADDED_BYTES);
    this.line.begin(start, end);
    const reason = this.addLine(start, end);
    if (reason !== undefined) out.length = before;
    return reason;
  }

  private addLine(start: number, end: number): string | undefined {
    const { line, out } = this;
    if (!line.skip(ID_KEY)) return NOT_CANONICAL;
    const idAt = line.at;
    const days = line.skipBytes(LOG_ID_LENGTH) ? daysOfLogId(this.bytes, idAt) : undefined;
    if (days === undefined) return 'the id is not that of a log record';
    if (!line.skip(PROJECT_KEY)) return NOT_CANONICAL;
    const projectAt = line.at;
    if (!line.skipBytes(this.project.length) || !this.skipTimes()) return NOT_CANONICAL;
    if (!LEVELS.some((level) => line.skip(level))) return `the level is not one of ${LOG_LEVELS.join(', ')}`;
    if (!line.skipText() || !line.skip(MESSAGE_KEY)) return NOT_CANONICAL;
    const messageAt = line.at;
    if (!line.skipText()) return NOT_CANONICAL;
    const messageEnd = line.at;
    if (!line.skip(CONTEXT_KEY) || this.bytes[end - 1] !== CLOSE) return NOT_CANONICAL;

    this.addAction(this.names.of(days), idAt);
    const lineAt = out.length;
    out.write(this.bytes, start, end - 1);
    out.writeAt(lineAt + projectAt - start, this.project);
    out.write(WORDS_KEY);
    try {
      writeMessageWords(this.bytes, messageAt, messageEnd, out);
    } catch (error) {
      return `the message is not JSON text: ${error instanceof Error ? error.message : String(error)}`;
    }
    out.write(TERMS_KEY);
    if (!writeContextTerms(line, out) || !line.skip(FINGERPRINT_KEY)) return NOT_CANONICAL;
    out.write(DOCUMENT_END);
    return undefined;
  }

  private skipTimes(): boolean {
    const { line } = this;
    return (
      line.skip(TIMESTAMP_KEY) &&
      line.skipText() &&
      line.skip(RECEIVED_KEY) &&
      line.skipText() &&
      line.skip(LEVEL_KEY)
    );
  }

  private addAction(indexName: string, idAt: number): void {
    const { out } = this;
    out.write(ACTION);
    out.write(this.bytesOf(indexName));
    out.write(ACTION_ID);
    out.write(this.idPrefix);
    out.write(this.bytes, idAt, idAt + LOG_ID_LENGTH);
    out.write(ACTION_END);
  }

  private bytesOf(indexName: string): Buffer {
    const known = this.indexNameBytes.get(indexName);
    if (known !== undefined) return known;
    const bytes = Buffer.from(indexName);
    this.indexNameBytes.set(indexName, bytes);
    return bytes;
  }
}
