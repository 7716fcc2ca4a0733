import { z } from 'zod';
import { SERVICE_SCORE_METHOD } from '../../core/src/anomalies/score-services';
import type { AnomalyFilter, ServiceScoreLine, StoredAnomaly } from '../../core/src/anomalies/stored-anomaly';
import { formatDurationSeconds } from '../../core/src/common/duration';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import { anomalyFields, seriesFields, toAnomalyBody } from './anomalies.contract';
import {
  bucketParameter,
  countParameter,
  field,
  pageFields,
  rangeFields,
  text,
  toTimeRange,
  toTotals,
  totals,
} from './common.contract';

const minScore = field(z.string().max(20), 'Least score, from 0 to 1', '0.5').transform(
  (written, context) => {
    const value = /^\d+(\.\d+)?$/.test(written) ? Number(written) : NaN;
    if (value >= 0 && value <= 1) return value;
    const allowed = 'a number from 0 to 1';
    context.addIssue({ code: 'custom', message: `must be ${allowed}`, params: { allowed } });
    return z.NEVER;
  },
);

const serviceName = field(text(200, 0), 'Only of this service', 'api');

export const detectedAnomalyParameters = z.strictObject({
  ...rangeFields,
  service_name: serviceName.optional(),
  metric_name: field(text(200), 'Only of this metric', 'latency_ms_p95').optional(),
  min_score: minScore.optional(),
  ...pageFields,
});

export const serviceScoreParameters = z.strictObject({
  ...rangeFields,
  service_name: serviceName.optional(),
  time_bucket: bucketParameter.optional(),
  limit: countParameter({ min: 1, max: 100, default: 20 }, 'How many services at most'),
});

const metricName = field(
  z.string(),
  'The metric; log_pattern_count for how often a log pattern occurs a minute',
  'latency_ms_p95',
);

export const detectedAnomalyListResponse = z.object({
  anomalies: field(
    z.array(z.object({ metric_name: metricName, ...seriesFields, ...anomalyFields })),
    'The newest first',
    [],
  ),
  ...totals,
});

const score = field(z.number(), 'From 0 to 1, comparable between services', 0.71);

export const serviceScoresResponse = z.object({
  method: field(z.string(), 'How the scores of series become one, and its version', SERVICE_SCORE_METHOD),
  time_bucket: field(z.string(), 'Width of the buckets', '1m'),
  services: field(
    z.array(
      z.object({
        service_name: field(z.string(), 'The service; empty for series that name none', 'api'),
        score,
        at: field(z.string(), 'When the score was the highest', '2026-01-15T12:00:00.000Z'),
        series: field(z.int(), 'How many series were judged then', 12),
        anomalous: field(z.int(), 'How many of them had an anomaly of their own', 3),
        contributors: field(
          z.array(
            z.object({
              metric_name: metricName,
              tags: seriesFields.tags,
              score: field(z.number(), 'Score of this series', 0.93),
            }),
          ),
          'The series that spoke loudest then',
          [],
        ),
        points: field(
          z.array(
            z.object({
              timestamp: field(z.string(), 'Start of the bucket', '2026-01-15T12:00:00.000Z'),
              score,
            }),
          ),
          'The highest score of each bucket; calm buckets are left out',
          [],
        ),
      }),
    ),
    'The one with the highest score first',
    [],
  ),
});

export function toAnomalyFilter(
  written: z.output<typeof detectedAnomalyParameters>,
  nowMs: number,
): AnomalyFilter {
  const { service_name: service, metric_name: metric, min_score: least } = written;
  return {
    range: toTimeRange(written, nowMs),
    ...(service !== undefined && { serviceName: service }),
    ...(metric !== undefined && { metricName: metric }),
    ...(least !== undefined && { minScore: least }),
  };
}

export function toDetectedAnomalyListResponse(page: Page<StoredAnomaly>) {
  return {
    anomalies: page.items.map((anomaly) => ({
      metric_name: anomaly.metricName,
      service_name: anomaly.serviceName,
      tags: anomaly.tags,
      ...toAnomalyBody(anomaly, anomaly.method),
    })),
    ...toTotals(page),
  };
}

export function toServiceScoresResponse(lines: readonly ServiceScoreLine[], bucketSeconds: number) {
  return {
    method: SERVICE_SCORE_METHOD,
    time_bucket: formatDurationSeconds(bucketSeconds),
    services: lines.map(({ serviceName: service, worst, points }) => ({
      service_name: service,
      score: worst.score,
      at: toIso(worst.atMs),
      series: worst.series,
      anomalous: worst.anomalous,
      contributors: worst.contributors.map((one) => ({
        metric_name: one.metricName,
        tags: one.tags,
        score: one.score,
      })),
      points: points.map((point) => ({ timestamp: toIso(point.atMs), score: point.score })),
    })),
  };
}
