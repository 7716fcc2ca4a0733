import type { EncodedBatch, RejectedLine, WriteOutcome } from '../../../core/src/ingest/write-outcome';
import { splitLines } from '../../../contracts/src/ndjson';
import { sqlStateOf } from './engine-error';

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Data exception, integrity violation, program limit (a value too large for an index): the line's fault, not the engine's. */
const DATA_ERROR_CLASSES = new Set(['22', '23', '54']);

/** Writes a JSON array of records (as bytes) in one statement and returns how many rows are new. */
export type InsertJson = (json: Buffer) => Promise<number>;

/**
 * Writes all lines with one statement. Where PostgreSQL refuses it because of its data, the halves are tried by
 * themselves, and so on: k bad lines of n cost about 2·k·log2(n) statements and leave their neighbours written.
 * Errors: those of the driver that do not speak of the data.
 */
export async function writeLines(batch: EncodedBatch, insert: InsertJson): Promise<WriteOutcome> {
  if (batch.recordCount === 0) return { written: 0, duplicates: 0, rejected: [] };
  const tried = await tryInsert(toJsonArray(batch.ndjson), insert);
  if (typeof tried === 'number')
    return { written: tried, duplicates: batch.recordCount - tried, rejected: [] };

  const lines = splitLines(batch.ndjson);
  const rejected: RejectedLine[] = [];
  const written = await writeHalves(lines, 0, insert, tried.reason, rejected);
  return { written, duplicates: lines.length - written - rejected.length, rejected };
}

/** The lines between [ and ], with commas for line ends. Nothing is parsed: a raw newline cannot occur inside JSON. */
export function toJsonArray(ndjson: Uint8Array): Buffer {
  const end = ndjson.at(-1) === NEWLINE ? ndjson.length - 1 : ndjson.length;
  const json = Buffer.allocUnsafe(end + 2);
  json[0] = OPEN;
  json.set(ndjson.subarray(0, end), 1);
  for (let at = json.indexOf(NEWLINE, 1); at !== -1 && at <= end; at = json.indexOf(NEWLINE, at + 1))
    json[at] = COMMA;
  json[end + 1] = CLOSE;
  return json;
}

/** `lines` have been refused as a whole, for `reason`. Returns how many rows are new. */
async function writeHalves(
  lines: readonly Uint8Array[],
  firstIndex: number,
  insert: InsertJson,
  reason: string,
  rejected: RejectedLine[],
): Promise<number> {
  if (lines.length === 1) {
    rejected.push({ index: firstIndex, reason });
    return 0;
  }
  const middle = Math.ceil(lines.length / 2);
  let written = 0;
  for (const [half, index] of [
    [lines.slice(0, middle), firstIndex],
    [lines.slice(middle), firstIndex + middle],
  ] as const) {
    const tried = await tryInsert(toJsonArray(joinLines(half)), insert);
    written +=
      typeof tried === 'number' ? tried : await writeHalves(half, index, insert, tried.reason, rejected);
  }
  return written;
}

async function tryInsert(json: Buffer, insert: InsertJson): Promise<number | { readonly reason: string }> {
  try {
    return await insert(json);
  } catch (error) {
    return { reason: dataErrorReason(error) };
  }
}

/** What PostgreSQL holds against the data. Errors: the given one, where it speaks of something else. */
export function dataErrorReason(error: unknown): string {
  const state = sqlStateOf(error);
  if (state === undefined || !DATA_ERROR_CLASSES.has(state.slice(0, 2)) || !(error instanceof Error))
    throw error;
  return error.message;
}

function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [line, Uint8Array.of(NEWLINE)]));
}
