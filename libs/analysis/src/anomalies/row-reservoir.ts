import { type Guard, isNumber, listOf } from './state-guard';

/** A row of numbers, and the hash by which it was drawn. */
type KeyedRow = readonly [key: number, ...row: number[]];

/** Keyed rows one after the other, in order of their keys. */
export type RowReservoirState = readonly number[];

const wordsOfNumbers = new Float64Array(2);
const words = new Uint32Array(wordsOfNumbers.buffer);

/**
 * A uniform sample of all rows so far: those with the smallest hashes of time and value (bottom-k sampling, Cohen and Kaplan 2007). Which rows are
 * in it depends on the rows alone, not on their order, so the samples of two parts join to the sample of both.
 */
export class RowReservoir {
  private readonly rows: KeyedRow[] = [];

  /**
   * @param columns numbers per row
   * @param most rows kept
   */
  constructor(
    private readonly columns: number,
    private readonly most: number,
    state: RowReservoirState = [],
  ) {
    const width = columns + 1;
    for (let at = 0; at + width <= state.length; at += width)
      this.rows.push([state[at] ?? 0, ...state.slice(at + 1, at + width)]);
  }

  /** Offers the row of a value at an instant. */
  offer(atMs: number, value: number, row: Float64Array): void {
    const key = hashOf(atMs, value);
    if (this.rows.length >= this.most && key > (this.rows.at(-1)?.[0] ?? 0)) return;
    this.rows.splice(this.placeOf(key), 0, [key, ...row]);
    if (this.rows.length > this.most) this.rows.pop();
  }

  /** Row-major, without the keys. */
  flat(): Float64Array {
    const flat = new Float64Array(this.rows.length * this.columns);
    this.rows.forEach(([, ...row], index) => flat.set(row, index * this.columns));
    return flat;
  }

  state(): RowReservoirState {
    return this.rows.flat();
  }

  /** Behind all rows with this key or a smaller one. */
  private placeOf(key: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.rows[middle]?.[0] ?? 0) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function isRowReservoirState(columns: number, most: number): Guard<RowReservoirState> {
  return listOf(isNumber, (columns + 1) * most);
}

/** The sample of both parts, in any grouping. */
export function mergeRowReservoirs(
  columns: number,
  most: number,
  earlier: RowReservoirState,
  later: RowReservoirState,
): RowReservoirState {
  const width = columns + 1;
  const rows = [earlier, later].flatMap((state) =>
    Array.from({ length: state.length / width }, (_, row) => state.slice(row * width, (row + 1) * width)),
  );
  // A stable order: of rows with one key the earlier part's come first, as in one pass.
  return rows
    .sort((one, other) => (one[0] ?? 0) - (other[0] ?? 0))
    .slice(0, most)
    .flat();
}

function hashOf(atMs: number, value: number): number {
  wordsOfNumbers[0] = atMs;
  wordsOfNumbers[1] = value;
  let hash = 0x9e3779b9;
  for (const word of words) {
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
