import { decodeCursor, malformedCursor } from './cursor';
import { storedInstantOf } from './log-record-rows';
import type { SqlValues } from './sql-values';

/** Of a record in the order of (timestamp, id). */
export interface LogPlace {
  readonly instant: string;
  readonly id: string;
}

/** A cursor is the id of the last record of a page; its instant is in it. Errors: `invalid`, for what is no cursor. */
export function placeOfCursor(cursor: string | undefined): LogPlace | undefined {
  const [id] = decodeCursor(cursor, ['text']) ?? [];
  if (id === undefined) return undefined;
  const instant = storedInstantOf(id);
  if (instant === undefined) throw malformedCursor();
  return { id, instant };
}

/** What to order by, of the table with that name. */
export function ordering(ascending: boolean, table = 'log_records'): string {
  const direction = ascending ? 'ASC' : 'DESC';
  return `${table}.timestamp ${direction}, ${table}.id ${direction}`;
}

/** The condition of what comes after that place. Adds its values to `values`. */
export function beyond(place: LogPlace, ascending: boolean, values: SqlValues): string {
  const instant = values.add(place.instant);
  return `(timestamp, id) ${ascending ? '>' : '<'} (${instant}::timestamptz, ${values.add(place.id)})`;
}
