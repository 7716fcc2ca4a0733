import { sqlStateOf } from './engine-error';

/**
 * A row of series, and when it was made. While it is there, so are those of lower ids that were found before: who puts the catalog back to an
 * earlier state takes the latest series from it, and whichever gets an id again is made at another time.
 */
export interface SeriesMark {
  readonly id: number;
  /** Microseconds since 1970, as PostgreSQL keeps them. */
  readonly createdMicros: number;
}

/** Of a row of series. */
export const CREATED_MICROS = '(extract(epoch FROM created_at) * 1000000)::bigint';

const DIVISION_BY_ZERO = '22012';

/**
 * SQL for 1 while the marked row is there. Where it is not, the statement fails, and all that is in its transaction.
 * @param id SQL, as is `createdMicros`
 */
export function oneWhileThere(id: string, createdMicros: string): string {
  return `SELECT 1 / count(*) FROM series WHERE id = ${id} AND ${CREATED_MICROS} = ${createdMicros}`;
}

/** Whether the error is that of `oneWhileThere`. */
export function isMarkGone(error: unknown): boolean {
  return sqlStateOf(error) === DIVISION_BY_ZERO;
}
