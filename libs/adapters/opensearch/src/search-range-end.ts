import type { TimeRange } from '../../../core/src/common/time-range';
import type { SortedHits } from './log-documents';
import { instantRange, type QueryClause } from './log-filter-query';
import { type LogSelection, searchIndices, searchMany } from './search-indices';

/** Of a range, where a page is looked for first. */
const FIRST_SHARE = 1 / 256;
/** In the part where it is looked for then, there are so many times the records of a page if all are spread evenly, which they never are. */
const MARGIN = 32;
/** A larger part of what is left of the range would save too little. */
const LARGEST_SHARE = 1 / 4;

export interface RangeEnd {
  /** The whole of it, which the selection's query names as well. */
  readonly range: TimeRange;
  /** Epoch milliseconds: where what is asked for starts, going down before it, or up from it on. */
  readonly startMs: number;
  readonly side: 'before' | 'from';
}

/**
 * As many hits as asked for next to the start, and the total of the selection; undefined where they are not found near it. For selections that may be most of a
 * range: to have them in the order of time, OpenSearch goes through all of them, while counting alone hardly does (22 instead of 3 ms for 1,400,000 records, measured).
 *
 * @param how size and order of the hits, by timestamp first
 */
export async function searchRangeEnd(
  selection: LogSelection,
  { range, startMs, side }: RangeEnd,
  how: QueryClause & { readonly size: number },
): Promise<SortedHits['hits'] | undefined> {
  const { connection, indices, query } = selection;
  const lengthMs = range.toMs - range.fromMs;
  const mostMs = (side === 'before' ? startMs - range.fromMs : range.toMs - startMs) * LARGEST_SHARE;
  const near = (ms: number) => {
    const part =
      side === 'before' ? { fromMs: startMs - ms, toMs: startMs } : { fromMs: startMs, toMs: startMs + ms };
    const filter = [query, instantRange('timestamp', part)];
    return { indices, body: { ...how, track_total_hits: false, query: { bool: { filter } } } };
  };
  const [counted, first] = await searchMany<SortedHits>(connection, [
    { indices, body: { size: 0, track_total_hits: true, query } },
    near(Math.ceil(lengthMs * FIRST_SHARE)),
  ]);
  const total = counted?.hits.total?.value ?? 0;
  // Records that come between the two are in the page and not in the count.
  const ifFull = ({ hits: { hits } }: SortedHits) =>
    hits.length < how.size ? undefined : { hits, total: { value: Math.max(total, hits.length) } };
  const found = first && ifFull(first);
  if (found !== undefined) return found;
  const nextMs = (lengthMs * MARGIN * how.size) / total;
  // False where the total is none.
  return nextMs <= mostMs ? ifFull(await searchIndices<SortedHits>(connection, near(nextMs))) : undefined;
}
