import { z } from 'zod';
import type { VerdictChange } from '../../core/src/anomalies/compare-verdicts';
import { type TrainingWindow, trainingWindow } from '../../core/src/anomalies/training-window';
import { formatDurationSeconds } from '../../core/src/common/duration';
import { OpsError } from '../../core/src/common/errors';
import { toIso } from '../../core/src/common/time-range';
import type { MetricLine } from '../../core/src/metrics/metric-query';
import {
  algorithmFields,
  anomalyFields,
  MAX_LISTED,
  seriesFields,
  toAlgorithm,
  toAnomalyBody,
} from './anomalies.contract';
import { field, text } from './common.contract';

const MAX_DAYS = 14;
/** Two weeks of minutes. */
const MAX_PREVIEW_BUCKETS = 20_160;

export const anomalyPreviewRequest = z.strictObject({
  rule_id: field(
    text(100),
    'A rule of kind anomaly; absent: the series that proposed labels speak of, as anomaly detection judges them',
    '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  ).optional(),
  condition: field(z.record(z.string(), z.unknown()), 'The parts of its condition that would change', {
    threshold: 4,
  }).default({}),
  labels: field(
    z.boolean(),
    'Whether labels that are only proposed take effect in what is proposed; always so without a rule',
    true,
  ).default(false),
  days: field(z.int().min(1).max(MAX_DAYS), 'How many days back are judged again', MAX_DAYS).default(
    MAX_DAYS,
  ),
});

/**
 * The last days of whole buckets, with the history before them.
 * Errors: OpsError `invalid` where so many days make too many buckets.
 */
export function toPreviewWindow(days: number, bucketSeconds: number, nowMs: number): TrainingWindow {
  const daySeconds = 86_400;
  const most = Math.floor((MAX_PREVIEW_BUCKETS * bucketSeconds) / daySeconds);
  if (days <= most) {
    return trainingWindow({ fromMs: nowMs - days * daySeconds * 1000, toMs: nowMs }, bucketSeconds);
  }
  throw new OpsError(
    'invalid',
    'OPS_REQUEST_INVALID',
    'days: makes too many buckets for the window of this rule',
    {
      fields: [
        {
          field: 'days',
          reason: `makes more than ${MAX_PREVIEW_BUCKETS} buckets`,
          allowed: `at most ${most}`,
        },
      ],
    },
  );
}

const previewSide = z.object({
  summary: field(z.string(), 'The condition in words', 'avg(latency_ms_p95) is anomalous (adaptive) over 5m'),
  ...algorithmFields,
  total: field(z.int(), 'How many anomalies it finds', 3),
});
const metricName = field(z.string(), 'Name of the metric', 'latency_ms_p95');
const changedAnomaly = z.object({ metric_name: metricName, ...seriesFields, ...anomalyFields });
const changedSeries = z.object({
  metric_name: metricName,
  ...seriesFields,
  current: field(z.int(), 'How many anomalies it has now', 3),
  proposed: field(z.int(), 'How many it would have', 1),
  added: field(z.int(), 'How many are new to it', 0),
  removed: field(z.int(), 'How many it would lose', 2),
  conflicts: field(z.array(z.string()), 'What of the labels could not be followed, and why', []),
});

export const anomalyPreviewResponse = z.object({
  start_time: field(z.string(), 'Start of what was judged', '2026-01-01T12:00:00.000Z'),
  end_time: field(z.string(), 'Its end', '2026-01-15T12:00:00.000Z'),
  time_bucket: field(z.string(), 'Width of the buckets, which is that of the rule', '1m'),
  current: field(previewSide, 'The rule as it is', {}),
  proposed: field(previewSide, 'The rule as it would be', {}),
  kept: field(z.int(), 'Anomalies that both find', 2),
  series: field(z.array(changedSeries), 'What changes for each series', []),
  added: field(
    z.array(changedAnomaly),
    `Anomalies that only the proposed one finds, at most ${MAX_LISTED}`,
    [],
  ),
  removed: field(
    z.array(changedAnomaly),
    `Anomalies that only the current one finds, at most ${MAX_LISTED}`,
    [],
  ),
});

export interface PreviewedSide {
  readonly summary: string;
  readonly method: string;
  readonly total: number;
}

export interface PreviewedSeries {
  readonly line: MetricLine;
  readonly change: VerdictChange;
  readonly conflicts: readonly string[];
}

export function toAnomalyPreviewResponse(
  window: TrainingWindow,
  current: PreviewedSide,
  proposed: PreviewedSide,
  changes: readonly PreviewedSeries[],
) {
  const toSeries = ({ metricName: name, serviceName, tags }: MetricLine) => ({
    metric_name: name,
    service_name: serviceName,
    tags,
  });
  const toSide = ({ summary, method, total }: PreviewedSide) => ({ summary, ...toAlgorithm(method), total });
  const listed = (which: 'added' | 'removed', method: string) =>
    changes
      .flatMap(({ line, change }) =>
        change[which].map((anomaly) => ({ ...toSeries(line), ...toAnomalyBody(anomaly, method) })),
      )
      .slice(0, MAX_LISTED);
  return {
    start_time: toIso(window.judgeFromMs),
    end_time: toIso(window.range.toMs),
    time_bucket: formatDurationSeconds(window.bucketSeconds),
    current: toSide(current),
    proposed: toSide(proposed),
    kept: changes.reduce((sum, { change }) => sum + change.kept, 0),
    series: changes.map(({ line, change, conflicts }) => ({
      ...toSeries(line),
      current: change.kept + change.removed.length,
      proposed: change.kept + change.added.length,
      added: change.added.length,
      removed: change.removed.length,
      conflicts: [...conflicts],
    })),
    added: listed('added', proposed.method),
    removed: listed('removed', current.method),
  };
}
