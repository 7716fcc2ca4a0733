import { setTimeout as wait } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../../core/src/common/backoff-delay';
import type { RejectedLine } from '../../../core/src/ingest/write-outcome';
import type { BulkBody } from './bulk-body';
import type { BulkDocuments } from './bulk-documents';
import {
  BLOCK_TYPE,
  type EngineRefusal,
  isNotReady,
  notOpenSearch,
  refusalIn,
  RefusedRequestError,
  remedyOf,
  toRefusal,
  unavailable,
} from './engine-error';
import { type FoundDocument, untilOnEveryCopy } from './on-every-copy';
import type { OpenSearchConnection, Refusal } from './opensearch-connection';
import { syncLines } from './sync-lines';

/** OpenSearch takes requests of 100 MB and holds a whole one in memory. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
/** How long OpenSearch waits for a shard, which would else be a minute; in between, others may go on. */
const SHARD_WAIT = '2s';
const MAX_ATTEMPTS = 5;
const BACKOFF: Backoff = { firstMs: 100, maxMs: 2000 };

const CREATED = 201;
const BAD_REQUEST = 400;
const CONFLICT = 409;
/** What comes after it quotes the record, which is set aside with the reason anyway: without it, the same fault has the same reason. */
const OF_DOCUMENT = ' in document with id ';

/** Of an answer to creations with deletions behind them (sync-lines.ts): all that is read of it. */
const PARTS_OF_EACH = [
  ...['*.status', '*.error.type', '*.error.reason', '*.error.index', '*.error.caused_by.reason'],
  ...['delete._index', 'delete._primary_term', 'delete._shards.total'],
]
  .map((part) => `items.${part}`)
  .join(',');

/** What became of the documents: the others were there already. */
export interface DocumentsOutcome {
  readonly written: number;
  readonly rejected: readonly RejectedLine[];
}

interface ItemOutcome {
  readonly status?: number;
  readonly error?: unknown;
}

interface SyncOutcome extends ItemOutcome {
  readonly _index?: string;
  readonly _primary_term?: number;
  /** `total` are the copies that the shard is to have, the primary among them. */
  readonly _shards?: { readonly total?: number };
}

interface BulkItem {
  readonly create?: ItemOutcome;
  readonly delete?: SyncOutcome;
}

interface BulkAnswer {
  readonly errors?: boolean;
  readonly items?: readonly BulkItem[];
}

/**
 * Writes documents by `_bulk`, each by itself: a conflict means that it is there (see writeRest), a mapping error is the document's own
 * fault, and what the engine could not do now is tried again a few times. Errors: OpsError `unavailable` where it still
 * cannot; a repeat of all of it then changes nothing for those that were written.
 */
export async function writeDocuments(
  connection: OpenSearchConnection,
  body: BulkBody,
): Promise<DocumentsOutcome> {
  const { documents } = body;
  let written = 0;
  const rejected: RejectedLine[] = [];
  for (let from = 0; from < documents.length;) {
    const to = endOfPortion(documents, from);
    const outcome = await writePortion(connection, body, from, to);
    written += outcome.written;
    rejected.push(...outcome.rejected);
    from = to;
  }
  return { written, rejected };
}

/** The documents that one request takes, from `from` on: one at least. */
function endOfPortion(documents: BulkDocuments, from: number): number {
  const mostEnd = documents.startOf(from) + MAX_REQUEST_BYTES;
  let to = from + 1;
  while (to < documents.length && documents.endOf(to) <= mostEnd) to++;
  return to;
}

/** Documents from `from` to before `to`. */
async function writePortion(
  connection: OpenSearchConnection,
  body: BulkBody,
  from: number,
  to: number,
): Promise<DocumentsOutcome> {
  const { bytes, documents } = body;
  const count = to - from;
  const lines = bytes.subarray(documents.startOf(from), documents.startOf(to));
  const first = await sendBulk(connection, lines, count, 'errors,items.*.error.type');
  if (first.errors === false) return { written: count, rejected: [] };
  const failed = first.items?.length ?? 0;
  // Whatever is no answer to a write, such as a page of a load balancer, says neither.
  if (first.errors !== true || failed === 0) throw notOpenSearch();
  // An answer without the items that went well is a thousandth of the size, but does not say which ones failed.
  const again = await writeRest(
    connection,
    body,
    Array.from({ length: count }, (_, place) => from + place),
  );
  return { written: count - failed + again.written, rejected: again.rejected };
}

/**
 * Writes what is not written yet; conflicts are documents that are. A conflict alone does not say that the document is on disk: an earlier
 * write may have left it in the memory of a shard that could not write its log, such as on a full disk, and that loses it when it fails.
 * Nor does it say that the copies of the shard have it (on-every-copy.ts).
 */
async function writeRest(
  connection: OpenSearchConnection,
  { bytes, documents }: BulkBody,
  rest: readonly number[],
): Promise<DocumentsOutcome> {
  let written = 0;
  let pending = rest;
  const rejected: RejectedLine[] = [];
  const found: FoundDocument[] = [];
  for (let attempt = 1; ; attempt++) {
    const lines = pending.map((each) => bytes.subarray(documents.startOf(each), documents.endOf(each)));
    const { items = [] } = await sendBulk(
      connection,
      Buffer.concat([...lines, syncLines(lines)]),
      pending.length,
      PARTS_OF_EACH,
    );
    const retried: number[] = [];
    let refusal: EngineRefusal | undefined;
    for (const [place, document] of pending.entries()) {
      const created = items[place]?.create ?? {};
      const synced = items[pending.length + place]?.delete ?? {};
      if (created.status === CREATED) {
        written++;
        continue;
      }
      if (created.status === CONFLICT && isDone(synced)) {
        const line = lines[place];
        if (line !== undefined && hasCopies(synced)) found.push({ ...placeOf(synced), line });
        continue;
      }
      const { status = 0, error } = created.status === CONFLICT ? synced : created;
      const refused = toRefusal(status, error);
      connection.refused[refusalOf(refused)]++;
      if (isOfDocument(refused)) {
        rejected.push({ index: documents.lineOf(document), reason: reasonOf(refused, error) });
        continue;
      }
      refusal = refused;
      retried.push(document);
    }
    if (refusal === undefined) {
      if (found.length > 0) await untilOnEveryCopy(connection, found);
      return { written, rejected };
    }
    if (attempt === MAX_ATTEMPTS || !isPassing(refusal)) throw unavailableFor(refusal);
    await wait(backoffDelayMs(attempt, BACKOFF, Math.random()));
    pending = retried;
  }
}

async function sendBulk(
  connection: OpenSearchConnection,
  lines: Buffer,
  documents: number,
  parts: string,
): Promise<BulkAnswer> {
  try {
    const { body } = await connection.send({
      method: 'POST',
      path: '/_bulk',
      query: { filter_path: parts, timeout: SHARD_WAIT },
      lines,
    });
    return body as BulkAnswer;
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal !== undefined) connection.refused[refusalOf(refusal)] += documents;
    throw error;
  }
}

/** Also where there was nothing to delete, which has a status of failure and no error. */
function isDone({ status, error }: ItemOutcome): boolean {
  return status !== undefined && error === undefined;
}

function hasCopies({ _shards: shards }: SyncOutcome): boolean {
  return (shards?.total ?? 1) > 1;
}

function placeOf({ _index: index = '', _primary_term: primaryTerm = 0 }: SyncOutcome) {
  return { index, primaryTerm };
}

/** True for what another try within seconds may cure; a block or a missing right waits for a person. */
function isPassing({ status, type }: EngineRefusal): boolean {
  return (status === 429 || status >= 500) && type !== BLOCK_TYPE;
}

/** True where OpenSearch holds it against the document, not against the index or the cluster. */
function isOfDocument(refusal: EngineRefusal): boolean {
  return (
    refusal.status === BAD_REQUEST &&
    refusal.type !== 'validation_exception' &&
    remedyOf(refusal) === undefined
  );
}

function refusalOf(refusal: EngineRefusal): Refusal {
  if (isOfDocument(refusal)) return 'record';
  // The flood stage's has the status of an overload.
  if (refusal.type === BLOCK_TYPE) return isNotReady(refusal) ? 'unreachable' : 'blocked';
  if (refusal.status === 429) return 'overloaded';
  return refusal.status >= 500 ? 'unreachable' : 'blocked';
}

function reasonOf({ type, reason }: EngineRefusal, error: unknown): string {
  const end = reason.indexOf(OF_DOCUMENT);
  if (end > 0) return reason.slice(0, end);
  const cause = (error as { readonly caused_by?: { readonly reason?: unknown } }).caused_by?.reason;
  const text = typeof cause === 'string' && cause !== '' ? `${reason}: ${cause}` : reason;
  return (text === '' ? type : text).slice(0, 500);
}

function unavailableFor(refusal: EngineRefusal): Error {
  const { status, type } = refusal;
  return unavailable(
    remedyOf(refusal) ?? `OpenSearch does not store records: read its log (${status} ${type})`,
    new RefusedRequestError(refusal),
  );
}
