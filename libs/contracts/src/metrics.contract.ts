import { z } from 'zod';
import type { SeriesVerdict } from '../../core/src/anomalies/judge-series';
import { seriesKeyText } from '../../core/src/anomalies/stored-anomaly';
import { formatDurationSeconds } from '../../core/src/common/duration';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import {
  AGGREGATIONS,
  type MetricAnswer,
  type MetricLine,
  type MetricQuery,
  type SeriesFilter,
} from '../../core/src/metrics/metric-query';
import type { SeriesKey } from '../../core/src/metrics/sample';
import { anomalyFields, toAnomalyBody } from './anomalies.contract';
import {
  bucketParameter,
  chooseBucketSeconds,
  countParameter,
  cursorParameter,
  duration,
  field,
  rangeFields,
  tagsSchema,
  text,
  toTimeRange,
  toTotals,
  totals,
} from './common.contract';

const TAG_PREFIX = 'tag.';
/** Each has its history read and judged. */
export const JUDGED_LINES = 20;

/** `tag.endpoint=/users` in a query string becomes an entry of `tags`. */
function gatherTags(parameters: unknown): unknown {
  if (typeof parameters !== 'object' || parameters === null) return parameters;
  const entries = Object.entries(parameters);
  const tags = entries.filter(([name]) => name.startsWith(TAG_PREFIX));
  if (tags.length === 0) return parameters;
  const rest = entries.filter(([name]) => !name.startsWith(TAG_PREFIX));
  return {
    ...Object.fromEntries(rest),
    tags: Object.fromEntries(tags.map(([name, value]) => [name.slice(TAG_PREFIX.length), value])),
  };
}

const metricName = field(text(200), 'Name of the metric', 'latency_ms_p95');
const serviceName = field(text(200), 'Only series of this service', 'api');
const tags = field(
  tagsSchema.optional(),
  'Only series whose tags have these values; in a query string `tag.<name>=<value>` for each',
  { endpoint: '/users' },
);
const aggregation = field(z.enum(AGGREGATIONS), 'How the samples of a bucket become one value', 'avg');
const groupBy = field(
  z.enum(['series', 'service', 'all']),
  'One line per series, one per service, or all matching series as one',
  'series',
);

export const metricQueryParameters = z.preprocess(
  gatherTags,
  z.strictObject({
    metric_name: metricName,
    ...rangeFields,
    service_name: serviceName.optional(),
    tags,
    aggregation: aggregation.default('avg'),
    time_bucket: bucketParameter.optional(),
    group_by: groupBy.default('series'),
    anomalies: field(
      z.enum(['true', 'false']),
      `Whether each line comes with its anomalies and the band in which values were expected; lines beyond the first ${JUDGED_LINES} come without`,
      'true',
    ).default('false'),
    limit: countParameter({ min: 1, max: 1000, default: 100 }, 'How many lines at most'),
  }),
);

export const seriesListParameters = z.preprocess(
  gatherTags,
  z.strictObject({
    metric_name: metricName.optional(),
    service_name: serviceName.optional(),
    tags,
    limit: countParameter({ min: 1, max: 1000, default: 100 }, 'How many series at most'),
    cursor: cursorParameter,
  }),
);

/** How far back the newest values are looked for. */
const LIVE_BUCKETS = 10;
const LIVE_BUCKET_SECONDS = 10;

export const liveMetricParameters = z.preprocess(
  gatherTags,
  z.strictObject({
    metric_name: metricName,
    service_name: serviceName.optional(),
    tags,
    aggregation: aggregation.default('avg'),
    time_bucket: duration(
      { min: 1, max: 300, allowed: 'from 1s to 5m' },
      `Width of a bucket, ${LIVE_BUCKET_SECONDS}s unless given`,
      '10s',
    ).optional(),
    group_by: groupBy.default('series'),
    limit: countParameter({ min: 1, max: 100, default: 100 }, 'How many lines at most'),
  }),
);

const MAX_METRICS = 20;
const LINES_PER_METRIC = 100;

export const metricQueryMultipleRequest = z.strictObject({
  metrics: field(
    z
      .array(
        z.strictObject({
          name: metricName,
          service: serviceName.optional(),
          tags,
          aggregation: aggregation.default('avg'),
          group_by: groupBy.default('series'),
        }),
      )
      .min(1)
      .max(MAX_METRICS),
    'The metrics to lay over each other',
    [{ name: 'latency_ms_p95', service: 'api' }],
  ),
  ...rangeFields,
  time_bucket: bucketParameter.optional(),
});

function toSelection(written: {
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly serviceName: string | undefined;
}) {
  return {
    ...(written.serviceName !== undefined && { serviceName: written.serviceName }),
    ...(written.tags !== undefined && { tags: written.tags }),
  };
}

export function toMetricQuery(written: z.output<typeof metricQueryParameters>, nowMs: number): MetricQuery {
  const range = toTimeRange(written, nowMs);
  return {
    metricName: written.metric_name,
    ...toSelection({ tags: written.tags, serviceName: written.service_name }),
    range,
    bucketSeconds: chooseBucketSeconds(range, written.time_bucket),
    aggregation: written.aggregation,
    groupBy: written.group_by,
    limit: written.limit,
  };
}

/** Of the last ten buckets, the one that has only begun included. */
export function toLiveMetricQuery(
  written: z.output<typeof liveMetricParameters>,
  nowMs: number,
): MetricQuery {
  const bucketSeconds = written.time_bucket ?? LIVE_BUCKET_SECONDS;
  const bucketMs = bucketSeconds * 1000;
  const toMs = (Math.floor(nowMs / bucketMs) + 1) * bucketMs;
  return {
    metricName: written.metric_name,
    ...toSelection({ tags: written.tags, serviceName: written.service_name }),
    range: { fromMs: toMs - LIVE_BUCKETS * bucketMs, toMs },
    bucketSeconds,
    aggregation: written.aggregation,
    groupBy: written.group_by,
    limit: written.limit,
  };
}

/** Of each line the newest bucket that has samples. */
export function toLiveMetrics(query: MetricQuery, answer: MetricAnswer, nowMs: number) {
  return {
    timestamp: toIso(nowMs),
    metric_name: query.metricName,
    aggregation: query.aggregation,
    time_bucket: formatDurationSeconds(query.bucketSeconds),
    series: answer.lines.flatMap(({ serviceName, tags, points }) => {
      const newest = points.at(-1);
      if (newest === undefined) return [];
      return [{ service_name: serviceName, tags, timestamp: toIso(newest.atMs), value: newest.value }];
    }),
    total: answer.totalLines,
  };
}

export function toMetricQueries(
  written: z.output<typeof metricQueryMultipleRequest>,
  nowMs: number,
): readonly MetricQuery[] {
  const range = toTimeRange(written, nowMs);
  const bucketSeconds = chooseBucketSeconds(range, written.time_bucket);
  return written.metrics.map((metric) => ({
    metricName: metric.name,
    ...toSelection({ tags: metric.tags, serviceName: metric.service }),
    range,
    bucketSeconds,
    aggregation: metric.aggregation,
    groupBy: metric.group_by,
    limit: LINES_PER_METRIC,
  }));
}

export function toSeriesFilter(written: z.output<typeof seriesListParameters>): SeriesFilter {
  return {
    ...(written.metric_name !== undefined && { metricName: written.metric_name }),
    ...toSelection({ tags: written.tags, serviceName: written.service_name }),
  };
}

const seriesKey = {
  service_name: field(z.string(), 'The service; empty where the sender named none', 'api'),
  tags: field(z.record(z.string(), z.string()), 'What tells series of one metric and service apart', {
    endpoint: '/users',
  }),
};
const point = z.object({
  timestamp: field(z.string(), 'Start of the bucket', '2026-01-15T12:00:00.000Z'),
  value: field(z.number(), 'The aggregated value', 125.5),
});

const bandPoint = z.object({
  timestamp: point.shape.timestamp,
  expected: field(z.number(), 'What was expected', 125.5),
  low: field(z.number(), 'Lower end of the range', 100),
  high: field(z.number(), 'Upper end of the range', 150),
});

export const metricQueryResponse = z.object({
  metric_name: metricName,
  aggregation,
  time_bucket: field(z.string(), 'Width of the buckets', '1m'),
  series: field(
    z.array(
      z.object({
        ...seriesKey,
        points: field(z.array(point), 'Buckets with samples, in order of time', []),
        anomalies: field(
          z.array(z.object(anomalyFields)),
          'Where asked for: which of these values are abnormal',
          [],
        ).optional(),
        band: field(
          z.array(bandPoint),
          'Where asked for: the range in which each value was expected; values without enough history are left out',
          [],
        ).optional(),
      }),
    ),
    'The lines',
    [],
  ),
  ...totals,
});

export const metricQueryMultipleResponse = z.object({
  results: field(z.array(metricQueryResponse), 'One answer per metric, in the order asked', []),
  ...totals,
});

export const seriesListResponse = z.object({
  series: field(z.array(z.object({ metric_name: metricName, ...seriesKey })), 'The series', []),
  ...totals,
});

/** Anomalies and band of a line, in the shape of an answer. */
function toJudgedLine({ points }: MetricLine, verdict: SeriesVerdict | undefined) {
  if (verdict === undefined) return {};
  const { anomalies, judged, method } = verdict;
  const shown = new Set(points.map(({ atMs }) => atMs));
  return {
    anomalies: anomalies
      .filter(({ atMs }) => shown.has(atMs))
      .map((anomaly) => toAnomalyBody(anomaly, method)),
    band: judged.flatMap(({ atMs, expected, low, high }) =>
      !shown.has(atMs) || expected === undefined || low === undefined || high === undefined
        ? []
        : [{ timestamp: toIso(atMs), expected, low, high }],
    ),
  };
}

/** `verdicts` by seriesKeyText; lines without one come without anomalies. */
export function toMetricQueryResponse(
  query: MetricQuery,
  answer: MetricAnswer,
  verdicts: ReadonlyMap<string, SeriesVerdict> = new Map(),
) {
  return {
    metric_name: query.metricName,
    aggregation: query.aggregation,
    time_bucket: formatDurationSeconds(query.bucketSeconds),
    series: answer.lines.map((line) => ({
      service_name: line.serviceName,
      tags: line.tags,
      points: line.points.map(({ atMs, value }) => ({ timestamp: toIso(atMs), value })),
      ...toJudgedLine(line, verdicts.get(seriesKeyText(line))),
    })),
    total: answer.totalLines,
    next_cursor: null,
  };
}

export function toSeriesListResponse(page: Page<SeriesKey>) {
  return {
    series: page.items.map((key) => ({
      metric_name: key.metricName,
      service_name: key.serviceName,
      tags: key.tags,
    })),
    ...toTotals(page),
  };
}
