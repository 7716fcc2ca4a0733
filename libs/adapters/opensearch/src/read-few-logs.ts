import { asId, type LogId } from '../../../core/src/common/ids';
import type { LogQuery } from '../../../core/src/logs/log-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { LogHits } from './log-documents';
import { timelessFilterQuery } from './log-filter-query';
import { inLogOrder, millisecondOf } from './log-order';
import type { OpenSearchConnection } from './opensearch-connection';
import type { LogHitsPage } from './read-log-page';
import { searchIndices } from './search-indices';
import { toStoredRange } from './stored-range';

/** Where records are looked for. */
interface FewSources {
  readonly connection: OpenSearchConnection;
  readonly indices: readonly string[];
  readonly scope: ProjectScope;
}

/**
 * The first page of a trace or a request where it shows all of it; undefined for other queries, and where there are more records. Order and
 * range are seen to here: that takes a fifth off OpenSearch's time for one that is found at once (0.81 to 0.65 ms, measured). OpenSearch ends after
 * one more than the page has, so this costs no more where there are a million.
 */
export async function readFewLogs(
  { connection, indices, scope }: FewSources,
  query: LogQuery,
): Promise<LogHitsPage | undefined> {
  const { traceId, correlationId, cursor, offset = 0, limit, order } = query;
  if (traceId === undefined && correlationId === undefined) return undefined;
  if (cursor !== undefined || offset > 0 || limit === 0) return undefined;
  const { hits } = await searchIndices<LogHits>(connection, {
    indices,
    body: { size: limit + 1, track_total_hits: false, query: timelessFilterQuery(scope, query) },
  });
  if (hits.hits.length > limit) return undefined;
  const { fromMs, toMs } = toStoredRange(query.range);
  const found = hits.hits.filter(({ _source: { id } }) => {
    const ms = millisecondOf(asId<LogId>(id));
    return ms >= fromMs && ms < toMs;
  });
  return { hits: inLogOrder(found, order), total: found.length, hasMore: false };
}
