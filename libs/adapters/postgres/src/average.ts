/**
 * A sum of doubles divided by their number, as SQL. PostgreSQL's avg also adds up squares and fails where these are beyond what a double holds,
 * as after 14,000 zeros and one 1e150; its division fails where less is left than the least double, which is 0 here.
 */
export function average(sum: string, count: string): string {
  return `CASE WHEN 2 * abs(${sum}) > ${count}::double precision * '5e-324'::double precision
    THEN ${sum} / ${count}::double precision ELSE 0 END`;
}
