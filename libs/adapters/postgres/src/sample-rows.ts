/** Samples as columns of the table, in any order. */
export interface SampleColumns {
  readonly seriesIds: number[];
  /** Epoch milliseconds. */
  readonly atMs: number[];
  readonly values: number[];
}

/**
 * The samples in the order of the table's key, of each key the first. In this order neighbours meet the same page of the index, which
 * saves a fifth of what a COPY of 5,000 takes; and two writers of the same samples wait for each other instead of for ever.
 */
export function toUniqueRows({ seriesIds, atMs, values }: SampleColumns): SampleColumns {
  const order = seriesIds.map((_, index) => index);
  order.sort((a, b) => (seriesIds[a] ?? 0) - (seriesIds[b] ?? 0) || (atMs[a] ?? 0) - (atMs[b] ?? 0));
  const rows: SampleColumns = { seriesIds: [], atMs: [], values: [] };
  let lastId: number | undefined;
  let lastAtMs: number | undefined;
  for (const index of order) {
    const id = seriesIds[index] ?? 0;
    const at = atMs[index] ?? 0;
    if (id === lastId && at === lastAtMs) continue;
    rows.seriesIds.push(id);
    rows.atMs.push(at);
    rows.values.push(values[index] ?? 0);
    lastId = id;
    lastAtMs = at;
  }
  return rows;
}

/** What begins every binary COPY: its signature, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const FIELDS = 3;
const FIELD_BYTES = 8;
const ROW_BYTES = 2 + FIELDS * (4 + FIELD_BYTES);
const END = -1;
const TWO_TO_32 = 2 ** 32;
/** PostgreSQL counts microseconds from 2000. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/** The rows for `COPY samples (series_id, timestamp, value) FROM STDIN (FORMAT binary)`, of bigint, timestamptz and double precision. */
export function encodeSampleRows({ seriesIds, atMs, values }: SampleColumns): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER.length + seriesIds.length * ROW_BYTES + 2);
  HEADER.copy(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = HEADER.length;
  for (let index = 0; index < seriesIds.length; index++) {
    const id = seriesIds[index] ?? 0;
    view.setInt16(at, FIELDS);
    view.setInt32(at + 2, FIELD_BYTES);
    view.setInt32(at + 6, id / TWO_TO_32);
    view.setUint32(at + 10, id);
    view.setInt32(at + 14, FIELD_BYTES);
    view.setBigInt64(at + 18, BigInt((atMs[index] ?? 0) - POSTGRES_EPOCH_MS) * 1000n);
    view.setInt32(at + 26, FIELD_BYTES);
    view.setFloat64(at + 30, values[index] ?? 0);
    at += ROW_BYTES;
  }
  view.setInt16(at, END);
  return bytes;
}
