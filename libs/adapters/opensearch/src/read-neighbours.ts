import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogRecord } from '../../../core/src/logs/log-record';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { LogIndexNames } from './index-names';
import { type LogHits, toLogRecord } from './log-documents';
import { logFilterQuery } from './log-filter-query';
import { logOrder, millisecondOf, placeInLogOrder } from './log-order';
import type { OpenSearchConnection } from './opensearch-connection';
import { type IndexSearch, searchMany } from './search-indices';

/** How far neighbours are looked for, one after the other: a minute, an hour, a day, everywhere. */
const REACHES_MS = [60_000, 3_600_000, 86_400_000, Infinity];
const ENDS = ['before', 'after'] as const;

export interface Neighbours {
  readonly before: readonly LogRecord[];
  readonly after: readonly LogRecord[];
}

interface NeighbourSources {
  readonly connection: OpenSearchConnection;
  readonly names: LogIndexNames;
  readonly scope: ProjectScope;
}

/** The records of the same service next to this one, the nearest first: looked for ever further away, both ways in one request. */
export async function readNeighbours(
  { connection, names, scope }: NeighbourSources,
  record: LogRecord,
  counts: Readonly<Record<keyof Neighbours, number>>,
): Promise<Neighbours> {
  const found: Record<keyof Neighbours, readonly LogRecord[]> = { before: [], after: [] };
  for (const reachMs of REACHES_MS) {
    const missing = ENDS.filter((end) => found[end].length < counts[end]);
    if (missing.length === 0) break;
    const searches = missing.map((end): IndexSearch => {
      const range = rangeFrom(millisecondOf(record.id), end, reachMs);
      return {
        indices: names.covering(range),
        body: {
          size: counts[end],
          track_total_hits: false,
          query: logFilterQuery(scope, { range, serviceName: record.serviceName }),
          sort: logOrder(end === 'before' ? 'desc' : 'asc'),
          search_after: placeInLogOrder(record.id),
        },
      };
    });
    const answers = await searchMany<LogHits>(connection, searches);
    for (const [at, end] of missing.entries()) found[end] = answers[at]?.hits.hits.map(toLogRecord) ?? [];
  }
  return found;
}

function rangeFrom(atMs: number, end: keyof Neighbours, reachMs: number): TimeRange {
  if (reachMs === Infinity) return { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  return end === 'after'
    ? { fromMs: atMs, toMs: atMs + reachMs }
    : { fromMs: atMs - reachMs, toMs: atMs + 1 };
}
