import { sqlStateOf } from './engine-error';

/**
 * A row of series, when it was made, and when series were last forgotten. While these are so, the rows of lower ids that were found before are
 * there: who puts the catalog back to an earlier state takes the latest series from it, whichever gets an id again is made at another
 * time, and nobody deletes a series before he has said when.
 */
export interface SeriesMark {
  readonly id: number;
  /** Microseconds since 1970, as PostgreSQL keeps them. */
  readonly createdMicros: number;
  /** The same. */
  readonly forgottenMicros: number;
}

/** Of a row of series. */
export const CREATED_MICROS = '(extract(epoch FROM created_at) * 1000000)::bigint';
export const FORGOTTEN_MICROS =
  '(SELECT (extract(epoch FROM forgotten_at) * 1000000)::bigint FROM series_forgetting)';

const DIVISION_BY_ZERO = '22012';

/** What was found is of another state of the catalog than the mark. */
export class MarkGone extends Error {}

/**
 * SQL for 1 while the mark is so. Where it is not, the statement fails, and all that is in its transaction.
 * @param mark its fields, in order, as SQL
 */
export function oneWhileThere(
  ...[id, createdMicros, forgottenMicros]: readonly [string, string, string]
): string {
  return `SELECT 1 / count(*) FROM series
    WHERE id = ${id} AND ${CREATED_MICROS} = ${createdMicros} AND ${FORGOTTEN_MICROS} = ${forgottenMicros}`;
}

/** Whether the error is that of `oneWhileThere`, or a MarkGone. */
export function isMarkGone(error: unknown): boolean {
  return error instanceof MarkGone || sqlStateOf(error) === DIVISION_BY_ZERO;
}
