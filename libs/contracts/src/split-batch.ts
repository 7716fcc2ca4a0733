import type { EncodedBatch } from '../../core/src/ingest/write-outcome';

const NEWLINE = 0x0a;

/**
 * Cuts a batch between lines into parts of at most `maxBytes`; a line that is longer by itself is a part of its own. The
 * parts are views of the same bytes.
 */
export function splitBatch(batch: EncodedBatch, maxBytes: number): readonly EncodedBatch[] {
  if (batch.ndjson.length <= maxBytes) return batch.recordCount === 0 ? [] : [batch];
  const { ndjson } = batch;
  const parts: EncodedBatch[] = [];
  let partStart = 0;
  let lineStart = 0;
  let recordCount = 0;
  const close = (end: number): void => {
    if (recordCount > 0) parts.push({ ndjson: ndjson.subarray(partStart, end), recordCount });
    partStart = end;
    recordCount = 0;
  };
  while (lineStart < ndjson.length) {
    const newline = ndjson.indexOf(NEWLINE, lineStart);
    const lineEnd = newline === -1 ? ndjson.length : newline + 1;
    if (lineEnd - partStart > maxBytes) close(lineStart);
    recordCount++;
    lineStart = lineEnd;
  }
  close(ndjson.length);
  return parts;
}
