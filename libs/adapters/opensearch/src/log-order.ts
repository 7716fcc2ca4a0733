import { OpsError } from '../../../core/src/common/errors';
import type { LogId } from '../../../core/src/common/ids';
import { instantsOfLogId, isLogId } from '../../../core/src/logs/log-id';
import type { LogHit } from './log-documents';
import type { QueryClause } from './log-filter-query';

/** By (timestamp, id): ids begin with their record's nanoseconds, so this is the order of time however fine. */
export function logOrder(order: 'asc' | 'desc'): readonly QueryClause[] {
  return [{ timestamp: { order } }, { id: { order } }];
}

/** The same order. */
export function inLogOrder<Hit extends LogHit>(hits: readonly Hit[], order: 'asc' | 'desc'): readonly Hit[] {
  const sign = order === 'asc' ? 1 : -1;
  return [...hits].sort((one, other) => (one._source.id < other._source.id ? -sign : sign));
}

/**
 * The place of a record in that order, for `search_after`. It is unique and never changes, so pages read one after the
 * other lose and repeat nothing, also while records come in: no snapshot has to be held open for each reader.
 */
export function placeInLogOrder(id: LogId): readonly [number, string] {
  return [millisecondOf(id), id];
}

/** Epoch milliseconds of the record with this id. */
export function millisecondOf(id: LogId): number {
  return instantsOfLogId(id)?.epochMs ?? 0;
}

/** The record that ends the previous page. Errors: `invalid` naming the field `cursor`, for what is no cursor. */
export function idOfCursor(cursor: string | undefined): LogId | undefined {
  if (cursor === undefined || isLogId(cursor)) return cursor;
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', 'the cursor is not one of this listing', {
    fields: [
      {
        field: 'cursor',
        reason: 'is not a cursor of this listing',
        allowed: 'the next_cursor of its previous page',
      },
    ],
  });
}
