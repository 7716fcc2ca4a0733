import type { PlainLines, Taken } from '../../../libs/contracts/src/plain-lines';
import type { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import { OpsError } from '../../../libs/core/src/common/errors';
import { endOfValue, skipSpace } from '../../../libs/core/src/ingest/json-bytes';
import type { NormaliseContext } from '../../../libs/core/src/ingest/normalised';
import { SeriesAtArrival } from '../../../libs/core/src/metrics/series-at-arrival';
import { parseContract } from '../../../libs/http/src/contract.pipe';
import { MAX_JSON_DEPTH, parseJsonBody } from '../../../libs/http/src/parse-json-body';
import { RawBody } from '../../../libs/http/src/raw-body';
import { BatchDraft, type NormalisedBatch } from './batch-draft';
import type { AnyKind, IngestKind } from './ingest-kind';
import { emptyBatch, tooManyRecords } from './ingest-problems';

export interface NormaliseOptions {
  readonly context: Omit<NormaliseContext, 'index'>;
  readonly maxMessageBytes: number;
  readonly maxRecords: number;
  readonly rooms: SpareRooms;
}

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
/** An envelope and its array are two levels around each record. */
const MAX_RECORD_DEPTH = MAX_JSON_DEPTH - 2;
/** Some milliseconds of work: longer than a small request should wait for. */
const SLICE_RECORDS = 500;
const SLICE_BYTES = 256 * 1024;
/** What a canonical record has beyond the one that came, about. */
const ADDED_BYTES = 300;
const NO_BYTES = Buffer.alloc(0);

/**
 * A request's records in canonical form. Yields between slices of work, so that a large request need not hold up the small ones, how many
 * bytes it has made: its caller decides when, and whether, to go on. The records are taken from the bytes one by one; only what is not plain is parsed.
 * Errors: OpsError `invalid` (malformed, or empty), `too_large`.
 */
export function* normaliseBatch<Item>(
  kind: IngestKind<Item>,
  records: readonly unknown[] | RawBody,
  options: NormaliseOptions,
): Generator<number, NormalisedBatch> {
  if (!(records instanceof RawBody)) return yield* new BatchNormaliser(kind, options).values(records);
  if (records.form === 'lines') return yield* new BatchNormaliser(kind, options, records.bytes).lines();
  const normalised = yield* new BatchNormaliser(kind, options, records.bytes).json();
  // In a form that is read as a whole, or not well-formed: then parsing says where.
  return normalised ?? (yield* new BatchNormaliser(kind, options).values(parseRecords(kind, records.bytes)));
}

function parseRecords(kind: AnyKind, bytes: Buffer): readonly unknown[] {
  const value = parseJsonBody(bytes);
  const envelope = Array.isArray(value) ? { [kind.name]: value } : (value ?? {});
  return parseContract(kind.envelope, envelope)[kind.name] ?? [];
}

class BatchNormaliser<Item> {
  private readonly draft: BatchDraft;
  private readonly context: NormaliseContext & { index: number };
  private readonly plain: PlainLines | undefined;
  private sliceEndBytes = SLICE_BYTES;
  private sliceEndRecords = SLICE_RECORDS;

  constructor(
    private readonly kind: IngestKind<Item>,
    private readonly options: NormaliseOptions,
    private readonly bytes: Buffer = NO_BYTES,
  ) {
    this.draft = new BatchDraft(options.maxMessageBytes, 2 * bytes.length + ADDED_BYTES, options.rooms);
    const { projectId, receivedAtMs, batchHash, source, limits } = options.context;
    const seriesAtArrival = new SeriesAtArrival();
    // Field by field: a spread here takes a fiftieth of a small request's CPU.
    this.context = { projectId, receivedAtMs, batchHash, source, limits, index: 0, seriesAtArrival };
    const { shortWay } = kind;
    if (shortWay !== undefined && bytes.length > 0) this.plain = new shortWay(bytes, this.context);
  }

  *values(records: readonly unknown[]): Generator<number, NormalisedBatch> {
    if (records.length > this.options.maxRecords)
      throw tooManyRecords(this.kind.name, this.options.maxRecords);
    for (const input of records) {
      this.accept(input);
      if (this.isSliceDone(0)) yield this.draft.bytes;
    }
    return this.finish();
  }

  /** Broken lines, and ones that nest too deeply, concern only themselves. */
  *lines(): Generator<number, NormalisedBatch> {
    const { bytes } = this;
    // Over blank lines too: if each of them looked for the next record by itself, a body of blank lines would take days.
    for (let at = skipSpace(bytes, 0); at < bytes.length;) {
      const { end, ending } = this.takePlain(at, false);
      at = ending === 'not plain' ? this.acceptLineAt(end) : end;
      if (this.isSliceDone(at)) yield this.draft.bytes;
    }
    return this.finish();
  }

  /** Undefined where the text is no envelope or array of well-formed values. */
  *json(): Generator<number, NormalisedBatch | undefined> {
    const { bytes, kind } = this;
    const opening = startOfRecords(bytes, kind.name);
    if (opening === undefined) return undefined;
    let at = skipSpace(bytes, opening.at);
    if (bytes[at] === CLOSE_BRACKET) at++;
    else
      for (;;) {
        const taken = this.takePlain(at, true);
        at = taken.end;
        if (taken.ending !== 'more') {
          const end = taken.ending === 'behind' ? at : this.acceptValueAt(at);
          if (end === undefined) return undefined;
          at = skipSpace(bytes, end);
          const next = bytes[at];
          at = skipSpace(bytes, at + 1);
          if (next === CLOSE_BRACKET) break;
          if (next !== COMMA) return undefined;
        }
        if (this.isSliceDone(at)) yield this.draft.bytes;
      }
    if (opening.isEnvelope && bytes[at++] !== CLOSE_BRACE) return undefined;
    return skipSpace(bytes, at) < bytes.length ? undefined : this.finish();
  }

  /** Of this slice, what needs no parsing. */
  private takePlain(at: number, isList: boolean): Taken {
    const { plain, draft, sliceEndRecords } = this;
    const most = Math.min(sliceEndRecords, this.options.maxRecords) - draft.index;
    // Where there may be no more, the next record says so.
    if (plain === undefined || most <= 0) return { records: 0, end: at, ending: 'not plain' };
    return draft.takePlain(plain, at, isList, most);
  }

  /** Index behind the value; undefined where it is not well-formed. */
  private acceptValueAt(at: number): number | undefined {
    const end = endOfValue(this.bytes, at, MAX_RECORD_DEPTH);
    if (end <= at) return undefined;
    const parsed = tryToParse(this.bytes.subarray(at, end));
    if ('error' in parsed) return undefined;
    this.accept(parsed.value);
    return end;
  }

  /** Takes the line on which `first` is; the index of what comes next that is no white space. */
  private acceptLineAt(first: number): number {
    const { bytes } = this;
    const newline = bytes.indexOf(NEWLINE, first);
    const end = newline === -1 ? bytes.length : newline;
    this.acceptLine(bytes.subarray(bytes.lastIndexOf(NEWLINE, first) + 1, end));
    return skipSpace(bytes, end);
  }

  private acceptLine(line: Buffer): void {
    const parsed = tryToParse(line);
    if (!('error' in parsed)) {
      // A line of other white space than JSON's is as empty as any.
      if (parsed.value !== undefined) this.accept(parsed.value);
      return;
    }
    this.checkCount();
    const [problem] = parsed.error.fields;
    const allowed = problem?.allowed === undefined ? '' : `; expected ${problem.allowed}`;
    this.draft.reject(`${problem?.reason ?? parsed.error.message}${allowed}`);
  }

  private accept(input: unknown): void {
    this.checkCount();
    const { draft, context, kind } = this;
    context.index = draft.index;
    const result = kind.normalise(input, context);
    if (result.ok) draft.accept(kind.toLine(result.record), result.notes);
    else draft.reject(result.reason, result.field);
  }

  private checkCount(): void {
    const { maxRecords } = this.options;
    if (this.draft.index >= maxRecords) throw tooManyRecords(this.kind.name, maxRecords);
  }

  private isSliceDone(atByte: number): boolean {
    const { index } = this.draft;
    if (index < this.sliceEndRecords && atByte < this.sliceEndBytes) return false;
    this.sliceEndRecords = index + SLICE_RECORDS;
    this.sliceEndBytes = atByte + SLICE_BYTES;
    return true;
  }

  private finish(): NormalisedBatch {
    if (this.draft.index === 0) throw emptyBatch(this.kind.name, this.options.maxRecords);
    return this.draft.finish();
  }
}

function tryToParse(bytes: Buffer): { readonly value: unknown } | { readonly error: OpsError } {
  try {
    return { value: parseJsonBody(bytes) };
  } catch (error) {
    if (error instanceof OpsError) return { error };
    throw error;
  }
}

/** Index behind the bracket that opens the records: of `[`, or of `{"logs":[`. Undefined for any other beginning. */
function startOfRecords(
  bytes: Buffer,
  name: string,
): { readonly at: number; readonly isEnvelope: boolean } | undefined {
  let at = skipSpace(bytes, 0);
  if (bytes[at] === OPEN_BRACKET) return { at: at + 1, isEnvelope: false };
  for (const part of ['{', `"${name}"`, ':', '[']) {
    at = skipSpace(bytes, at);
    if (bytes.toString('latin1', at, at + part.length) !== part) return undefined;
    at += part.length;
  }
  return { at, isEnvelope: true };
}
