import { createHash } from 'node:crypto';
import type { LogLine } from '../../../contracts/src/log-batch.message';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { deriveMinuteEdges, type TracedRecord } from '../../../core/src/services/derive-minute-edges';
import type { MinuteServiceEdge, ServiceEdgeLimits } from '../../../core/src/services/service-edge';
import type { LogIndexNames } from './index-names';
import { logFilterQuery } from './log-filter-query';
import { logOrder } from './log-order';
import type { OpenSearchConnection } from './opensearch-connection';
import { searchIndices } from './search-indices';

const MINUTE_MS = 60_000;
/** How far from a minute the rest of its traces is looked for. */
const REACH_MS = 2 * MINUTE_MS;
const PAGE = 10_000;

type Traced = Pick<LogLine, 'id' | 'timestamp' | 'service_name' | 'span_id' | 'context'>;

interface Hits<Source> {
  readonly hits: { readonly hits: readonly { readonly _source: Source }[] };
}

interface TraceIds {
  readonly hits?: {
    readonly hits: readonly {
      readonly fields: { readonly trace_id: readonly string[] };
      readonly sort: readonly [number, string];
    }[];
  };
}

interface TracesAnswer {
  readonly aggregations?: {
    readonly traces: { readonly buckets: readonly { readonly records: Hits<Traced> }[] };
  };
}

/** What a minute's edges are derived from. */
interface EdgeSources {
  readonly connection: OpenSearchConnection;
  readonly names: LogIndexNames;
  readonly scope: ProjectScope;
  readonly limits: ServiceEdgeLimits;
}

/** Each minute of the range by itself, so that a minute has the same edges whatever range it is asked in. */
export async function readMinuteEdges(
  sources: EdgeSources,
  range: TimeRange,
): Promise<readonly MinuteServiceEdge[]> {
  const edges: MinuteServiceEdge[] = [];
  for (let minuteMs = range.fromMs; minuteMs < range.toMs; minuteMs += MINUTE_MS) {
    const traceIds = await readTraceIds(sources, minuteMs);
    if (traceIds.length === 0) continue;
    const traces = await readTraces(sources, minuteMs, traceIds);
    edges.push(...deriveMinuteEdges(traces, minuteMs, sources.limits.edgesPerMinute));
  }
  return edges;
}

/** Of the minute's first records that name a trace; of more traces, those whose ids hash lowest. */
async function readTraceIds(
  { connection, names, scope, limits }: EdgeSources,
  minuteMs: number,
): Promise<readonly string[]> {
  const range = { fromMs: minuteMs, toMs: minuteMs + MINUTE_MS };
  const query = { bool: { filter: [logFilterQuery(scope, { range }), { exists: { field: 'trace_id' } }] } };
  const traceIds = new Set<string>();
  let after: readonly [number, string] | undefined;
  for (let read = 0; read < limits.recordsPerMinute;) {
    const size = Math.min(PAGE, limits.recordsPerMinute - read);
    const { hits } = await searchIndices<TraceIds>(connection, {
      indices: names.covering(range),
      // Read from the index alone: fetching 5,000 documents takes six times as long (measured).
      parts: 'hits.hits.fields,hits.hits.sort',
      body: {
        size,
        track_total_hits: false,
        query,
        sort: logOrder('asc'),
        stored_fields: '_none_',
        docvalue_fields: ['trace_id'],
        ...(after !== undefined && { search_after: after }),
      },
    });
    const found = hits?.hits ?? [];
    for (const { fields } of found) for (const traceId of fields.trace_id) traceIds.add(traceId);
    read += found.length;
    after = found.at(-1)?.sort;
    if (found.length < size) break;
  }
  return [...traceIds]
    .map((traceId) => [createHash('md5').update(traceId).digest('hex'), traceId] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, limits.tracesPerMinute)
    .map(([, traceId]) => traceId);
}

/** The first records of each trace around the minute, in order. */
async function readTraces(
  { connection, names, scope, limits }: EdgeSources,
  minuteMs: number,
  traceIds: readonly string[],
): Promise<readonly (readonly TracedRecord[])[]> {
  const range = { fromMs: minuteMs - REACH_MS, toMs: minuteMs + MINUTE_MS + REACH_MS };
  const { aggregations } = await searchIndices<TracesAnswer>(connection, {
    indices: names.covering(range),
    body: {
      size: 0,
      track_total_hits: false,
      query: { bool: { filter: [logFilterQuery(scope, { range }), { terms: { trace_id: traceIds } }] } },
      aggs: {
        traces: {
          filters: { filters: traceIds.map((traceId) => ({ term: { trace_id: traceId } })) },
          aggs: {
            records: {
              top_hits: {
                size: limits.recordsPerTrace,
                sort: logOrder('asc'),
                _source: ['id', 'timestamp', 'service_name', 'span_id', 'context.parent_span_id'],
              },
            },
          },
        },
      },
    },
  });
  return (aggregations?.traces.buckets ?? []).map(({ records }) =>
    records.hits.hits.map(({ _source }) => toTracedRecord(_source)),
  );
}

function toTracedRecord({ timestamp, service_name, span_id, context }: Traced): TracedRecord {
  const parent = context?.['parent_span_id'] ?? undefined;
  return {
    timestampMs: Date.parse(timestamp),
    serviceName: service_name,
    ...(span_id !== undefined && { spanId: span_id }),
    ...(parent !== undefined && { parentSpanId: String(parent) }),
  };
}
