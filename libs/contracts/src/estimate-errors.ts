import type { EncodedBatch } from '../../core/src/ingest/write-outcome';

const NEWLINE = 0x0a;
const LEVEL = Buffer.from('"level":"');
/** No other level begins like `error` and `fatal`. */
const E = 'e'.charCodeAt(0);
const F = 'f'.charCodeAt(0);
/** Of a larger batch so many lines are read, evenly spread, so that the estimate costs next to nothing. */
const LINES_READ = 256;

/**
 * How many lines of a log batch (log-batch.message.ts) are errors or worse; exact up to 256 lines. Parses nothing: in a line, the
 * level comes before all that senders choose.
 */
export function estimateErrors({ ndjson, recordCount }: EncodedBatch): number {
  const bytes = Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.byteLength);
  const wanted = Math.min(recordCount, LINES_READ);
  const stepBytes = recordCount > LINES_READ ? bytes.length / wanted : 0;
  let [read, errors, next] = [0, 0, 0];
  while (read < wanted) {
    const aimed = Math.floor(read * stepBytes);
    const before = aimed > next ? bytes.indexOf(NEWLINE, aimed - 1) : next - 1;
    const at = aimed > next && before === -1 ? -1 : bytes.indexOf(LEVEL, before + 1);
    if (at === -1) break;
    const initial = bytes[at + LEVEL.length];
    if (initial === E || initial === F) errors++;
    read++;
    next = bytes.indexOf(NEWLINE, at) + 1;
    if (next === 0) break;
  }
  return read === 0 ? 0 : Math.round((errors * recordCount) / read);
}
