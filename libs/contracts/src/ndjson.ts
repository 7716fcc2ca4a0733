import type { EncodedBatch } from '../../core/src/ingest/write-outcome';

const encoder = new TextEncoder();
const NEWLINE = 0x0a;
const COMMA = 0x2c;

/** One JSON object a line, each line ended by \n. */
export function encodeLines(lines: readonly object[]): EncodedBatch {
  let text = '';
  for (const line of lines) text += `${JSON.stringify(line)}\n`;
  return { ndjson: encoder.encode(text), recordCount: lines.length };
}

/** One line after the other, each ended by \n. */
export function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    joined.set(line, at);
    at += line.length;
    joined[at++] = NEWLINE;
  }
  return joined;
}

/** The same lines as the items of a list in JSON, without its brackets. */
export function toListItems(ndjson: Uint8Array): Buffer {
  const items = Buffer.from(ndjson);
  for (let at = items.indexOf(NEWLINE); at !== -1; at = items.indexOf(NEWLINE, at + 1)) items[at] = COMMA;
  return items.subarray(0, -1);
}

/** Joins batches without parsing them. */
export function joinBatches(batches: readonly EncodedBatch[]): EncodedBatch {
  const length = batches.reduce((sum, batch) => sum + batch.ndjson.length, 0);
  const ndjson = new Uint8Array(length);
  let offset = 0;
  for (const batch of batches) {
    ndjson.set(batch.ndjson, offset);
    offset += batch.ndjson.length;
  }
  return { ndjson, recordCount: batches.reduce((sum, batch) => sum + batch.recordCount, 0) };
}

/** The bytes of each line, without its \n. */
export function splitLines(ndjson: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = ndjson.indexOf(NEWLINE); end !== -1; end = ndjson.indexOf(NEWLINE, start)) {
    lines.push(ndjson.subarray(start, end));
    start = end + 1;
  }
  if (start < ndjson.length) lines.push(ndjson.subarray(start));
  return lines;
}

/** The lines with the given indices, as a batch of their own. */
export function pickLines(batch: EncodedBatch, indices: readonly number[]): EncodedBatch {
  const lines = splitLines(batch.ndjson);
  const picked = indices.flatMap((index) => lines[index] ?? []);
  return { ndjson: joinLines(picked), recordCount: picked.length };
}
