import type { LogId } from '../../../core/src/common/ids';
import type { LogQuery } from '../../../core/src/logs/log-query';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogHit, SortedHits } from './log-documents';
import type { QueryClause } from './log-filter-query';
import { inLogOrder, logOrder, millisecondOf, placeInLogOrder } from './log-order';
import { type LogSelection, searchIndices } from './search-indices';
import { type RangeEnd, searchRangeEnd } from './search-range-end';

export type LogPagePlace = Pick<LogQuery, 'limit' | 'order' | 'offset'> & {
  /** The record that ends the page before. */
  readonly after: LogId | undefined;
  /** The whole range, where the selection may be most of its records. */
  readonly denseRange: TimeRange | undefined;
};

export interface LogHitsPage {
  readonly hits: readonly LogHit[];
  readonly total: number;
  readonly hasMore: boolean;
}

/** So many records of the cursor's own millisecond may come again before a second question is due. */
const SEEN_AGAIN = 16;

/**
 * A page by (timestamp, id). Asks by timestamp alone, for comparing ids costs OpenSearch a third of a short search
 * (measured), and orders records of one millisecond here. Only where the page ends among records of one millisecond, some
 * of which did not come, that part is asked for again by id.
 */
export async function readLogPage(selection: LogSelection, place: LogPagePlace): Promise<LogHitsPage> {
  const { limit, order, offset = 0, after, denseRange } = place;
  if (offset > 0) return readExactly(selection, place);
  const size = limit + 1 + (after === undefined ? 0 : SEEN_AGAIN);
  const how = {
    size,
    sort: [{ timestamp: { order } }],
    ...(after !== undefined && { search_after: [justBefore(after, order)] }),
  };
  const hits =
    (denseRange && (await searchRangeEnd(selection, rangeEnd(denseRange, place), how))) ??
    (await search(selection, { ...how, track_total_hits: true })).hits;
  const total = hits.total?.value ?? 0;
  const found = inLogOrder(hits.hits, order).filter(
    ({ _source: { id } }) => after === undefined || (order === 'asc' ? id > after : id < after),
  );
  const hasMore = found.length > limit;
  const edgeMs = hits.hits.length < size ? undefined : hits.hits.at(-1)?.sort[0];
  const sureHits = found.filter(({ sort: [ms] }) => ms !== edgeMs);
  if (edgeMs === undefined || sureHits.length >= limit)
    return { hits: found.slice(0, limit), total, hasMore };
  const exact = await readExactly(hasMore ? upTo(selection, edgeMs, order) : selection, place);
  return { ...exact, total };
}

async function readExactly(selection: LogSelection, place: LogPagePlace): Promise<LogHitsPage> {
  const { limit, order, offset, after } = place;
  const { hits } = await search(selection, {
    size: limit + 1,
    track_total_hits: offset !== undefined,
    sort: logOrder(order),
    ...(offset !== undefined && { from: offset }),
    ...(after !== undefined && { search_after: placeInLogOrder(after) }),
  });
  return {
    hits: hits.hits.slice(0, limit),
    total: hits.total?.value ?? 0,
    hasMore: hits.hits.length > limit,
  };
}

function search({ connection, indices, query }: LogSelection, how: QueryClause): Promise<SortedHits> {
  return searchIndices<SortedHits>(connection, { indices, body: { ...how, query } });
}

function rangeEnd(range: TimeRange, { order, after }: LogPagePlace): RangeEnd {
  if (order === 'desc')
    return { range, side: 'before', startMs: after === undefined ? range.toMs : justBefore(after, order) };
  return { range, side: 'from', startMs: after === undefined ? range.fromMs : millisecondOf(after) };
}

/** From where on all records of that record's millisecond come. */
function justBefore(id: LogId, order: 'asc' | 'desc'): number {
  return millisecondOf(id) + (order === 'asc' ? -1 : 1);
}

/** Nothing that comes after that millisecond. */
function upTo({ query, ...rest }: LogSelection, edgeMs: number, order: 'asc' | 'desc'): LogSelection {
  const bound = { [order === 'asc' ? 'lte' : 'gte']: edgeMs, format: 'epoch_millis' };
  return { ...rest, query: { bool: { filter: [query, { range: { timestamp: bound } }] } } };
}
