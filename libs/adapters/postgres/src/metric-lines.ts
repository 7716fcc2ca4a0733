import type { TimeRange } from '../../../core/src/common/time-range';
import type {
  Aggregation,
  MetricAnswer,
  MetricPoint,
  SeriesFilter,
} from '../../../core/src/metrics/metric-query';
import type { SeriesKey, Tags } from '../../../core/src/metrics/sample';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { average } from './average';
import { instantValue } from './instant-value';
import type { RollupRange } from './sample-rollups';
import type { SqlValues } from './sql-values';
import { storableJson, storableText } from './storable-text';

/** What a metric query and a sweep have in common. */
export interface LinesQuery extends SeriesFilter {
  readonly range: TimeRange;
  readonly bucketSeconds: number;
  readonly aggregation: Aggregation;
  readonly groupBy: 'series' | 'service' | 'all';
  readonly limit: number;
}

export interface LineRow {
  readonly line: number;
  readonly total: number;
  readonly metric_name: string;
  readonly service_name: string;
  readonly tags: Tags;
  readonly start: Date;
  readonly value: number;
}

const AGGREGATES: Readonly<Record<Aggregation, string>> = {
  avg: average('sum(value)', 'count(*)'),
  sum: 'sum(value)',
  min: 'min(value)',
  max: 'max(value)',
  count: 'count(*)::double precision',
  last: '(array_agg(value ORDER BY timestamp DESC, value DESC))[1]',
  p50: percentile(0.5),
  p90: percentile(0.9),
  p95: percentile(0.95),
  p99: percentile(0.99),
};

/** The same from partial aggregates: `samples` in AGGREGATES, buckets of a rollup here. */
const AGGREGATES_OF_PARTS: Readonly<Partial<Record<Aggregation, string>>> = {
  avg: average('sum(total)', 'sum(sample_count)'),
  sum: 'sum(total)',
  min: 'min(least)',
  max: 'max(greatest)',
  count: 'sum(sample_count)::double precision',
  last: '(array_agg(last_value ORDER BY last_at DESC, last_value DESC))[1]',
};

/** What tells one line from another, by grouping. */
const IDENTITY: Readonly<Record<LinesQuery['groupBy'], string>> = {
  series: 'metric_name, service_name, tags',
  service: `metric_name, service_name, '{}'::jsonb AS tags`,
  all: `metric_name, '' AS service_name, '{}'::jsonb AS tags`,
};

function percentile(fraction: number): string {
  return `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY value)`;
}

/** The WHERE clause of a filter over series. Adds its values to `values`. */
export function seriesConditions(scope: ProjectScope, filter: SeriesFilter, values: SqlValues): string {
  const conditions = [`series.project_id = ${values.add(scope.projectId)}`];
  if (filter.metricName !== undefined)
    conditions.push(`series.metric_name = ${values.add(storableText(filter.metricName))}`);
  if (filter.serviceName !== undefined)
    conditions.push(`series.service_name = ${values.add(storableText(filter.serviceName))}`);
  if (filter.tags !== undefined && Object.keys(filter.tags).length > 0)
    conditions.push(`series.tags @> ${values.add(storableJson(filter.tags))}::jsonb`);
  return conditions.join(' AND ');
}

/** One row per line and bucket; the lines beyond the limit are counted, not read. */
export function linesStatement(scope: ProjectScope, query: LinesQuery, values: SqlValues): string {
  const inRange = `samples.timestamp >= ${values.add(instantValue(query.range.fromMs))}
    AND samples.timestamp < ${values.add(instantValue(query.range.toMs))}`;
  return `
    WITH matching AS (
      SELECT id, ${IDENTITY[query.groupBy]} FROM series
      WHERE ${seriesConditions(scope, query, values)}
        AND EXISTS (SELECT FROM samples WHERE samples.series_id = series.id AND ${inRange})
    ),
    numbered AS MATERIALIZED (
      SELECT *, dense_rank() OVER (ORDER BY metric_name, service_name, tags) AS line FROM matching
    )
    SELECT line, (SELECT max(line) FROM numbered) AS total, metric_name, service_name, tags,
      date_bin(${values.add(query.bucketSeconds)} * interval '1 second', timestamp, 'epoch'::timestamptz) AS start,
      ${AGGREGATES[query.aggregation]} AS value
    FROM numbered JOIN samples ON samples.series_id = numbered.id AND ${inRange}
    WHERE line <= ${values.add(query.limit)}
    GROUP BY line, metric_name, service_name, tags, start
    ORDER BY line, start`;
}

/** The same rows as linesStatement, for aggregations that chooseRollup takes. */
export function rolledUpLinesStatement(
  scope: ProjectScope,
  query: LinesQuery,
  { rollup, inner }: RollupRange,
  values: SqlValues,
): string {
  const conditions = seriesConditions(scope, query, values);
  const ofSeries = `series_id = ANY(ARRAY(SELECT id FROM series WHERE ${conditions}))`;
  const [from, innerFrom, innerTo, to] = [query.range.fromMs, inner.fromMs, inner.toMs, query.range.toMs].map(
    (atMs) => values.add(instantValue(atMs)),
  );
  const edge = (edgeFrom: string | undefined, edgeTo: string | undefined) => `
      SELECT series_id, timestamp, 1, value, value, value, timestamp, value FROM samples
      WHERE ${ofSeries} AND timestamp >= ${edgeFrom} AND timestamp < ${edgeTo}`;
  return `
    WITH parts AS MATERIALIZED (
      SELECT series_id, bucket AS at, sample_count, total, least, greatest, last_at, last_value FROM ${rollup.view}
      WHERE ${ofSeries} AND bucket >= ${innerFrom} AND bucket < ${innerTo}
      UNION ALL ${edge(from, innerFrom)}
      UNION ALL ${edge(innerTo, to)}
    ),
    numbered AS MATERIALIZED (
      SELECT *, dense_rank() OVER (ORDER BY metric_name, service_name, tags) AS line FROM (
        SELECT id, ${IDENTITY[query.groupBy]} FROM series WHERE id IN (SELECT series_id FROM parts)
      ) matching
    )
    SELECT line, (SELECT max(line) FROM numbered) AS total, metric_name, service_name, tags,
      date_bin(${values.add(query.bucketSeconds)} * interval '1 second', at, 'epoch'::timestamptz) AS start,
      ${AGGREGATES_OF_PARTS[query.aggregation]} AS value
    FROM numbered JOIN parts ON parts.series_id = numbered.id
    WHERE line <= ${values.add(query.limit)}
    GROUP BY line, metric_name, service_name, tags, start
    ORDER BY line, start`;
}

/** A line that stands for several series has the service and tags that the query asked for. */
export function toMetricAnswer(rows: readonly LineRow[], query: LinesQuery): MetricAnswer {
  const lines: (SeriesKey & { readonly points: MetricPoint[] })[] = [];
  let current = 0;
  for (const row of rows) {
    if (row.line !== current) {
      lines.push({ ...identityOf(row, query), points: [] });
      current = row.line;
    }
    lines.at(-1)?.points.push({ atMs: row.start.getTime(), value: row.value });
  }
  return { lines, totalLines: rows[0]?.total ?? 0 };
}

function identityOf(row: LineRow, query: LinesQuery): SeriesKey {
  return {
    metricName: row.metric_name,
    serviceName: query.groupBy === 'all' ? (query.serviceName ?? '') : row.service_name,
    tags: query.groupBy === 'series' ? row.tags : (query.tags ?? {}),
  };
}
