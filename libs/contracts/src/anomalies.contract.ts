import { z } from 'zod';
import {
  ANOMALY_DIRECTIONS,
  ANOMALY_METHODS,
  type AnomalyMethod,
  type AnomalyQuestion,
  DEFAULT_ANOMALY_METHOD,
} from '../../core/src/anomalies/anomaly-question';
import type { Anomaly, SeriesToJudge, SeriesVerdict } from '../../core/src/anomalies/judge-series';
import { type TrainingWindow, trainingWindow } from '../../core/src/anomalies/training-window';
import { formatDurationSeconds } from '../../core/src/common/duration';
import { toIso } from '../../core/src/common/time-range';
import { parseTimestamp } from '../../core/src/logs/parse-timestamp';
import type { MetricLine, MetricQuery } from '../../core/src/metrics/metric-query';
import {
  bucketParameter,
  chooseBucketSeconds,
  countParameter,
  field,
  rangeFields,
  text,
  toTimeRange,
} from './common.contract';

const METHODS_ALLOWED = ANOMALY_METHODS.join(', ');
const LARGEST_THRESHOLD = 1000;
const THRESHOLD_WORDS =
  'Least deviation from the expected value in standard deviations; default: 3 (robust-z 3.5), and with adaptive the detector alone decides';
/** The work on one request: a second of one core at most, in turns of milliseconds. */
const MAX_POINTS = 20_000;
export const MAX_LISTED = 2000;

/** `isolation_forest` and `isolation-forest` are the same name. */
export const anomalyMethod = field(
  z.string().max(40),
  `How values are judged; one of ${METHODS_ALLOWED} (underscores are taken for hyphens)`,
  'adaptive',
).transform((written, context): AnomalyMethod => {
  const name = ANOMALY_METHODS.find((each) => each === written.replaceAll('_', '-'));
  if (name !== undefined) return name;
  context.addIssue({
    code: 'custom',
    message: 'is not one of the methods',
    params: { allowed: METHODS_ALLOWED },
  });
  return z.NEVER;
});

export const anomalyThreshold = field(z.number().positive().max(LARGEST_THRESHOLD), THRESHOLD_WORDS, 3);
export const anomalyDirection = field(
  z.enum(ANOMALY_DIRECTIONS),
  'Only values above (up) or below (down) what was expected, or both',
  'both',
);
export const leastRelativeDeviation = field(
  z.number().min(0).max(LARGEST_THRESHOLD),
  'Smaller departures, as a share of the expected value, are none',
  0.1,
);

const dataPoint = z.strictObject({
  timestamp: field(z.string().max(64), 'When it was measured, in ISO 8601', '2026-01-15T12:00:00Z'),
  value: field(z.number().nullable(), 'The value; null where it is missing', 125.5),
});

/** Of a list that is too long, only as much is read as shows that it is. */
function cutShort(list: unknown): unknown {
  return Array.isArray(list) ? list.slice(0, MAX_POINTS + 1) : list;
}

export const anomalyRequest = z.strictObject({
  metric_name: field(text(200), 'Name of the metric, given back as it is', 'latency_ms_p95').optional(),
  data_points: field(
    z.preprocess(cutShort, z.array(dataPoint).max(MAX_POINTS)),
    `The series, at most ${MAX_POINTS} points; each is judged by those before it`,
    [{ timestamp: '2026-01-15T12:00:00Z', value: 125.5 }],
  ),
  method: anomalyMethod.prefault(DEFAULT_ANOMALY_METHOD),
  threshold: anomalyThreshold.optional(),
  direction: anomalyDirection.default('both'),
  min_relative_deviation: leastRelativeDeviation.optional(),
});

const thresholdParameter = field(z.string().max(20), THRESHOLD_WORDS, '3').transform((written, context) => {
  const value = /^\d+(\.\d+)?$/.test(written) ? Number(written) : NaN;
  if (value > 0 && value <= LARGEST_THRESHOLD) return value;
  const allowed = `a number above 0, up to ${LARGEST_THRESHOLD}`;
  context.addIssue({ code: 'custom', message: `must be ${allowed}`, params: { allowed } });
  return z.NEVER;
});

export const metricAnomalyParameters = z.strictObject({
  metric_name: field(text(200), 'Name of the metric', 'latency_ms_p95'),
  ...rangeFields,
  service_name: field(text(200), 'Only series of this service', 'api').optional(),
  threshold: thresholdParameter.optional(),
  method: anomalyMethod.prefault(DEFAULT_ANOMALY_METHOD),
  direction: anomalyDirection.default('both'),
  time_bucket: bucketParameter.optional(),
  limit: countParameter({ min: 1, max: 100, default: 20 }, 'How many series at most'),
});

/** The points of a request, and the indexes of those whose time cannot be read. */
export function toPoints(written: z.output<typeof anomalyRequest>['data_points']): {
  readonly points: SeriesToJudge['points'];
  readonly unreadable: readonly number[];
} {
  const unreadable: number[] = [];
  const points = written.flatMap(({ timestamp, value }, index) => {
    const instant = parseTimestamp(timestamp);
    if (typeof instant !== 'string') return [{ atMs: instant.epochMs, value: value ?? NaN }];
    unreadable.push(index);
    return [];
  });
  return { points, unreadable };
}

export function toAnomalyQuestion(
  written: Pick<z.output<typeof anomalyRequest>, 'method' | 'threshold' | 'direction'> & {
    readonly min_relative_deviation?: number | undefined;
  },
): AnomalyQuestion {
  const { method, threshold, direction, min_relative_deviation: minRelativeDeviation } = written;
  return {
    method,
    direction,
    ...(threshold !== undefined && { threshold }),
    ...(minRelativeDeviation !== undefined && { minRelativeDeviation }),
  };
}

/** What has to be read to judge the asked range: the range, and the history before it to learn from. */
export function toAnomalyQuery(
  written: z.output<typeof metricAnomalyParameters>,
  nowMs: number,
): { readonly query: MetricQuery; readonly window: TrainingWindow } {
  const range = toTimeRange(written, nowMs);
  const bucketSeconds = chooseBucketSeconds(range, written.time_bucket);
  const window = trainingWindow(range, bucketSeconds);
  return {
    window,
    query: {
      metricName: written.metric_name,
      ...(written.service_name !== undefined && { serviceName: written.service_name }),
      range: window.range,
      bucketSeconds,
      aggregation: 'avg',
      groupBy: 'series',
      limit: written.limit,
    },
  };
}

export const algorithmFields = {
  algorithm: field(z.string(), 'The algorithm that judged', 'adaptive'),
  version: field(z.string(), 'Its version', '1'),
};
const countFields = {
  points: field(z.int(), 'How many points were judged', 60),
  learning: field(z.int(), 'How many of them came too early in the history to be judged', 0),
};
export const anomalyFields = {
  timestamp: field(z.string(), 'When', '2026-01-15T12:00:00.000Z'),
  value: field(z.number(), 'What was measured', 250),
  deviation: field(
    z.number().nullable(),
    'Distance from the expected value in standard deviations; null where the series never moved before',
    4.2,
  ),
  expected: field(z.number(), 'What was expected', 125.5),
  band: field(
    z.object({
      low: field(z.number(), 'Its lower end', 100),
      high: field(z.number(), 'Its upper end', 150),
    }),
    'The range in which the value was expected',
    { low: 100, high: 150 },
  ),
  score: field(z.number(), 'How unusual, from 0 to 1; comparable between series', 0.82),
  direction: field(z.enum(['up', 'down', 'none']), 'Above or below what was expected', 'up'),
  phase: field(
    z.enum(['onset', 'ongoing']),
    'An excursion begins here, or one that began before still lasts',
    'onset',
  ),
  method: field(z.string(), 'Algorithm and version', 'adaptive/1'),
  why: field(
    z.string(),
    'The reason as a sentence; empty while an excursion lasts',
    '250 where 100 to 150 …',
  ),
};
export const seriesFields = {
  service_name: field(z.string(), 'The service; empty where the sender named none', 'api'),
  tags: field(z.record(z.string(), z.string()), 'What tells series of one metric and service apart', {
    endpoint: '/users',
  }),
};

export const anomalyResponse = z.object({
  metric_name: field(z.string().nullable(), 'As it was given', 'latency_ms_p95'),
  ...algorithmFields,
  ...countFields,
  anomalies: field(z.array(z.object(anomalyFields)), 'In order of time', []),
});

export const metricAnomaliesResponse = z.object({
  metric_name: field(z.string(), 'Name of the metric', 'latency_ms_p95'),
  ...algorithmFields,
  time_bucket: field(z.string(), 'Width of the buckets whose averages were judged', '1m'),
  series: field(
    z.array(z.object({ ...seriesFields, ...countFields })),
    'What was looked at: without enough history, a series is still being learned',
    [],
  ),
  anomalies: field(
    z.array(z.object({ ...seriesFields, ...anomalyFields })),
    `The anomalies of all series, at most ${MAX_LISTED}`,
    [],
  ),
  total: field(z.int(), 'How many anomalies there are in all', 1),
  total_series: field(
    z.int(),
    'How many series match in all; more than were looked at where the limit cut',
    1,
  ),
});

/** `adaptive/1` is algorithm and version. */
export function toAlgorithm(method: string) {
  const [algorithm = '', version = ''] = method.split('/');
  return { algorithm, version };
}

export function toAnomalyBody(anomaly: Anomaly, method: string) {
  const { atMs, value, deviation, expected, low, high, score, direction, phase, why } = anomaly;
  return {
    timestamp: toIso(atMs),
    value,
    deviation: Number.isFinite(deviation) ? deviation : null,
    expected,
    band: { low, high },
    score,
    direction,
    phase,
    method,
    why,
  };
}

export function toAnomalyResponse(metricName: string | undefined, verdict: SeriesVerdict) {
  const { method, points, learning, anomalies } = verdict;
  return {
    metric_name: metricName ?? null,
    ...toAlgorithm(method),
    points,
    learning,
    anomalies: anomalies.map((anomaly) => toAnomalyBody(anomaly, method)),
  };
}

export function toMetricAnomaliesResponse(
  query: Pick<MetricQuery, 'metricName' | 'bucketSeconds'>,
  method: string,
  judged: readonly { readonly line: MetricLine; readonly verdict: SeriesVerdict }[],
  totalSeries: number,
) {
  const anomalies = judged.flatMap(({ line, verdict }) =>
    verdict.anomalies.map((anomaly) => ({
      service_name: line.serviceName,
      tags: line.tags,
      ...toAnomalyBody(anomaly, verdict.method),
    })),
  );
  return {
    metric_name: query.metricName,
    ...toAlgorithm(method),
    time_bucket: formatDurationSeconds(query.bucketSeconds),
    series: judged.map(({ line, verdict }) => ({
      service_name: line.serviceName,
      tags: line.tags,
      points: verdict.points,
      learning: verdict.learning,
    })),
    anomalies: anomalies.slice(0, MAX_LISTED),
    total: anomalies.length,
    total_series: totalSeries,
  };
}
