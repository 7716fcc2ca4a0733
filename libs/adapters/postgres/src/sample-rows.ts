/** Samples as columns of the table, in any order. */
export interface SampleColumns {
  readonly seriesIds: number[];
  /** Epoch milliseconds. */
  readonly atMs: number[];
  readonly values: number[];
  /** The lines in their batch. */
  readonly lines: number[];
}

/**
 * The samples' places in the order of the table's key, of each key that of the first line. In this order neighbours meet the same page of the
 * index, which saves a fifth of what a COPY of 5,000 takes; and two writers of the same samples wait for each other instead of for ever.
 */
export function inOrderOfKey({ seriesIds, atMs, lines }: SampleColumns): readonly number[] {
  const order = seriesIds.map((_, index) => index);
  order.sort(
    (a, b) =>
      (seriesIds[a] ?? 0) - (seriesIds[b] ?? 0) ||
      (atMs[a] ?? 0) - (atMs[b] ?? 0) ||
      (lines[a] ?? 0) - (lines[b] ?? 0),
  );
  let unique = 0;
  let last = -1;
  for (const index of order) {
    if (seriesIds[index] === seriesIds[last] && atMs[index] === atMs[last]) continue;
    order[unique++] = index;
    last = index;
  }
  order.length = unique;
  return order;
}

/** Divides an order into portions that have samples of so many UTC days at most, the oldest days first. Each keeps the order. */
export function portionsOfDays(
  { atMs }: Pick<SampleColumns, 'atMs'>,
  order: readonly number[],
  maxDays: number,
): readonly (readonly number[])[] {
  const dayOf = (index: number) => Math.floor((atMs[index] ?? 0) / DAY_MS);
  const days = new Set(order.map(dayOf));
  if (days.size <= maxDays) return [order];
  const portions: number[][] = [];
  const portionOfDay = new Map<number, number[]>();
  for (const [rank, day] of [...days].sort((a, b) => a - b).entries()) {
    if (rank % maxDays === 0) portions.push([]);
    portionOfDay.set(day, portions.at(-1) ?? []);
  }
  for (const index of order) portionOfDay.get(dayOf(index))?.push(index);
  return portions;
}

/** What begins every binary COPY: its signature, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const FIELDS = 3;
const FIELD_BYTES = 8;
const ROW_BYTES = 2 + FIELDS * (4 + FIELD_BYTES);
const END = -1;
const DAY_MS = 86_400_000;
const TWO_TO_32 = 2 ** 32;
/** PostgreSQL counts microseconds from 2000. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/** The rows for `COPY samples (series_id, timestamp, value) FROM STDIN (FORMAT binary)`, of bigint, timestamptz and double precision. */
export function encodeSampleRows(
  { seriesIds, atMs, values }: SampleColumns,
  order: readonly number[],
): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER.length + order.length * ROW_BYTES + 2);
  HEADER.copy(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = HEADER.length;
  for (const index of order) {
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
