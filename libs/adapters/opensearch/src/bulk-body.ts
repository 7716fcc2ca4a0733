import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import type { EncodedBatch, RejectedLine } from '../../../core/src/ingest/write-outcome';
import type { SpareRooms } from '../../../core/src/common/spare-rooms';
import { ByteWriter } from './byte-writer';
import { writeContextTerms } from './context-terms';
import { CountKeys } from './count-keys';
import { timesOfLogId, documentIdPrefix, LOG_ID_LENGTH } from './document-id';
import type { LogIndexNames } from './index-names';
import { LineReader, viewOf } from './line-reader';
import { writeMessageWords } from './message-words';

const NEWLINE = 0x0a;
const CLOSE = 0x7d;

const ID_KEY = viewOf('{"id":"');
const PROJECT_KEY = viewOf('","project_id":"');
const TIMESTAMP_KEY = viewOf('","timestamp":"');
const RECEIVED_KEY = viewOf('","received_at":"');
const LEVEL_KEY = viewOf('","level":"');
const LEVELS = LOG_LEVELS.map((level) => viewOf(`${level}","service_name":"`));
const MESSAGE_KEY = viewOf('","message":"');
const CONTEXT_KEY = viewOf('","context":{');
const FINGERPRINT_KEY = viewOf(',"fingerprint":"');

const ACTION_END = viewOf('"}}\n');
const WORDS_KEY = viewOf(',"words":"');
const TERMS_KEY = viewOf('","context_terms":[');
const COUNT_KEY = viewOf('],"count_key":');
const DOCUMENT_END = viewOf('}\n');

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
 * Canonical lines (log-batch.message.ts) as the body of a `_bulk` request. A line becomes the document as it is, with
 * fields added at its end: `words` and `context_terms` make it searchable, `count_key` countable. Nothing is parsed: the keys of a canonical
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
  private readonly project: DataView;
  private readonly idPrefix: string;
  private readonly countKeys: CountKeys;
  /** By index, what an action begins with. */
  private readonly actions = new Map<string, DataView>();

  constructor(
    private readonly bytes: Buffer,
    recordCount: number,
    projectId: string,
    private readonly names: LogIndexNames,
    rooms: SpareRooms,
  ) {
    this.line = new LineReader(bytes);
    this.out = new ByteWriter(bytes.length * 2 + recordCount * ADDED_BYTES, rooms);
    this.project = viewOf(projectId);
    this.idPrefix = documentIdPrefix(projectId);
    this.countKeys = new CountKeys(projectId);
  }

  get length(): number {
    return this.out.length;
  }

  get room(): Uint8Array<ArrayBuffer> {
    return this.out.room;
  }

  get indexNames(): readonly string[] {
    return [...this.actions.keys()];
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
    const times = line.skipBytes(LOG_ID_LENGTH) ? timesOfLogId(this.bytes, idAt) : undefined;
    if (times === undefined) return 'the id is not that of a log record';
    if (!line.skip(PROJECT_KEY)) return NOT_CANONICAL;
    const projectAt = line.at;
    if (!line.skipBytes(this.project.byteLength) || !this.skipTimes()) return NOT_CANONICAL;
    const levelRank = this.skipLevel();
    if (levelRank === -1) return `the level is not one of ${LOG_LEVELS.join(', ')}`;
    if (!line.skipText() || !line.skip(MESSAGE_KEY) || this.bytes[end - 1] !== CLOSE) return NOT_CANONICAL;

    out.write(this.actionFor(this.names.of(times)));
    out.write(line.view, idAt, idAt + LOG_ID_LENGTH);
    out.write(ACTION_END);
    const lineAt = out.length;
    out.write(line.view, start, end - 1);
    out.writeAt(lineAt + projectAt - start, this.project);
    out.write(WORDS_KEY);
    try {
      if (!writeMessageWords(line, out)) return NOT_CANONICAL;
    } catch (error) {
      return `the message is not JSON text: ${error instanceof Error ? error.message : String(error)}`;
    }
    out.write(TERMS_KEY);
    const isCanonical = line.skip(CONTEXT_KEY) && writeContextTerms(line, out) && line.skip(FINGERPRINT_KEY);
    if (!isCanonical) return NOT_CANONICAL;
    out.write(COUNT_KEY);
    out.write(this.countKeys.of(levelRank, times.secondOfDay));
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

  /** Returns the level's rank; -1 where there is none. */
  private skipLevel(): number {
    return LEVELS.findIndex((level) => this.line.skip(level));
  }

  private actionFor(indexName: string): DataView {
    const known = this.actions.get(indexName);
    if (known !== undefined) return known;
    const action = viewOf(`{"create":{"_index":"${indexName}","_id":"${this.idPrefix}`);
    this.actions.set(indexName, action);
    return action;
  }
}
