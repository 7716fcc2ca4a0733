import { z } from 'zod';
import type { AnomalyLabel } from '../../core/src/anomalies/anomaly-label';
import type { AnomalyLabelId } from '../../core/src/common/ids';
import { OpsError } from '../../core/src/common/errors';
import { type TimeRange, durationMs, toIso } from '../../core/src/common/time-range';
import { field, instant, resolveInstant, tagsSchema, text, totals } from './common.contract';

const LONGEST_MS = 86_400_000;
const VERDICTS = ['not_an_anomaly', 'missed'] as const;

const metricName = field(text(200), 'The metric', 'latency_ms_p95');
const serviceName = field(text(200), 'Only of this service; of all where absent', 'api');
const tags = field(tagsSchema, 'Only series whose tags have these values', { endpoint: '/users' });
const verdict = field(
  z.enum(VERDICTS),
  'not_an_anomaly: what was reported then is nothing unusual; missed: something was wrong, and was not reported',
  'not_an_anomaly',
);
const from = 'Start of the time in question, in ISO 8601 or as now-15m';

export const anomalyLabelRequest = z.strictObject({
  metric_name: metricName,
  service_name: serviceName.optional(),
  tags: tags.optional(),
  from: instant(from, '2026-01-15T12:00:00Z'),
  to: instant('Its end, at most a day later', '2026-01-15T12:10:00Z'),
  verdict,
  note: field(text(2000, 0), 'For people', 'the nightly import').default(''),
});

export const applyLabelsRequest = z.strictObject({
  ids: field(z.array(text(100)).max(10_000), 'Labels to apply; all that are only proposed where absent', [
    '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  ]).optional(),
});

export const anomalyLabelResponse = z
  .object({
    id: field(z.string(), 'Its id', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
    metric_name: metricName,
    service_name: field(serviceName.nullable(), 'Only of this service; null for all', 'api'),
    tags: field(tags.nullable(), 'Only series whose tags have these values; null for all', null),
    from: field(z.string(), 'Start of the time in question', '2026-01-15T12:00:00.000Z'),
    to: field(z.string(), 'Its end', '2026-01-15T12:10:00.000Z'),
    verdict,
    note: field(z.string(), 'For people', 'the nightly import'),
    furthest_up: field(
      z.number().nullable(),
      'How far values were above what was expected then, in standard deviations; null where the series had never moved',
      6.5,
    ),
    furthest_down: field(z.number().nullable(), 'How far below', 0.4),
    created_at: field(z.string(), 'When it was made', '2026-01-15T13:00:00.000Z'),
    applied_at: field(
      z.string().nullable(),
      'Since when it has an effect; null while it is only proposed',
      null,
    ),
  })
  .meta({ id: 'AnomalyLabel' });

export const anomalyLabelListResponse = z.object({
  labels: field(z.array(anomalyLabelResponse), 'The newest first', []),
  ...totals,
});

export const applyLabelsResponse = z.object({
  applied: field(z.int(), 'How many labels take effect by this', 2),
});

/** The time that a label is about. Errors: OpsError `invalid` where it is empty, or longer than a day. */
export function toLabelRange(written: z.output<typeof anomalyLabelRequest>, nowMs: number): TimeRange {
  const range = { fromMs: resolveInstant(written.from, nowMs), toMs: resolveInstant(written.to, nowMs) };
  if (range.fromMs < range.toMs && durationMs(range) <= LONGEST_MS) return range;
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', 'to: is not within a day after from', {
    fields: [
      {
        field: 'to',
        reason: 'is not within a day after from',
        allowed: 'an instant after from, at most a day',
      },
    ],
  });
}

export function toAnomalyLabel(
  written: z.output<typeof anomalyLabelRequest>,
  range: TimeRange,
  furthest: Pick<AnomalyLabel, 'furthestUp' | 'furthestDown'>,
  id: AnomalyLabelId,
  createdAtMs: number,
): AnomalyLabel {
  return {
    id,
    metricName: written.metric_name,
    ...(written.service_name !== undefined && { serviceName: written.service_name }),
    ...(written.tags !== undefined && { tags: written.tags }),
    ...range,
    verdict: written.verdict,
    note: written.note,
    ...furthest,
    createdAtMs,
  };
}

export function toAnomalyLabelResponse(label: AnomalyLabel) {
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    id: label.id,
    metric_name: label.metricName,
    service_name: label.serviceName ?? null,
    tags: label.tags ?? null,
    from: toIso(label.fromMs),
    to: toIso(label.toMs),
    verdict: label.verdict,
    note: label.note,
    furthest_up: finite(label.furthestUp),
    furthest_down: finite(label.furthestDown),
    created_at: toIso(label.createdAtMs),
    applied_at: label.appliedAtMs === undefined ? null : toIso(label.appliedAtMs),
  };
}
