import type { AnomalyCondition } from '../alerting/rule';
import type { TimeRange } from '../common/time-range';
import type { Incident } from '../incidents/incident';
import type { MetricQuery } from '../metrics/metric-query';

export interface TrainingWindow {
  /** The buckets to ask for: training, then what is judged. Both ends are multiples of the bucket. */
  readonly range: TimeRange;
  readonly bucketSeconds: number;
  readonly judgeFromMs: number;
}

/** Buckets to learn from: a day of minutes, and as much as a judgement can use within a tick. */
const TRAINING_BUCKETS = 1440;
/** The training begins at a multiple of so many buckets, so that consecutive evaluations mostly begin at the same. */
const ANCHOR_BUCKETS = 360;
/** What lasts longer than this is no incident to leave out but the new normal. */
const LEFT_OUT_MAX_MS = 3_600_000;

/** What has to be read to judge a range by the history before it. The judged range is widened to whole buckets at its start and cut at its end. */
export function trainingWindow(judged: TimeRange, bucketSeconds: number): TrainingWindow {
  const widthMs = bucketSeconds * 1000;
  const toMs = Math.floor(judged.toMs / widthMs) * widthMs;
  const judgeFromMs = Math.min(Math.floor(judged.fromMs / widthMs) * widthMs, toMs - widthMs);
  const anchorMs = ANCHOR_BUCKETS * widthMs;
  const fromMs = Math.floor((judgeFromMs - TRAINING_BUCKETS * widthMs) / anchorMs) * anchorMs;
  return { range: { fromMs, toMs }, bucketSeconds, judgeFromMs };
}

const WIDTHS_SECONDS = [3600, 900, 300, 60, 30, 10] as const;

/** The bucket of a rule's window: a fifth of it, from 10 seconds to an hour. */
export function ruleBucketSeconds(windowSeconds: number): number {
  return WIDTHS_SECONDS.find((width) => width <= windowSeconds / 5) ?? 10;
}

/** What a rule asks for in a window, and a preview of it as well: one line for each service, or for all. */
export function ruleQuery(
  { metricName, serviceName, tags, aggregation, groupByService }: AnomalyCondition,
  { range, bucketSeconds }: TrainingWindow,
  limit: number,
): MetricQuery {
  return {
    metricName,
    aggregation,
    range,
    bucketSeconds,
    groupBy: groupByService ? 'service' : 'all',
    limit,
    ...(serviceName !== undefined && { serviceName }),
    ...(tags !== undefined && { tags }),
  };
}

/** In which incidents must have opened to matter for a training window. */
export function incidentsToLeaveOut({ range, judgeFromMs }: TrainingWindow): TimeRange {
  return { fromMs: range.fromMs - LEFT_OUT_MAX_MS, toMs: judgeFromMs };
}

/**
 * The times that known incidents take out of a service's training: from `leadMs` before they opened, because an alert fires
 * after what it fires for, to their end, but for at most an hour. Of a service, only incidents that name it, or none.
 */
export function rangesToLeaveOut(
  incidents: readonly Pick<Incident, 'services' | 'openedAtMs' | 'resolvedAtMs'>[],
  serviceName: string | undefined,
  leadMs: number,
): readonly TimeRange[] {
  return incidents
    .filter(
      ({ services }) =>
        services.length === 0 ||
        serviceName === undefined ||
        serviceName === '' ||
        services.includes(serviceName),
    )
    .map(({ openedAtMs, resolvedAtMs }) => ({
      fromMs: openedAtMs - leadMs,
      toMs: Math.min(resolvedAtMs ?? Infinity, openedAtMs + LEFT_OUT_MAX_MS),
    }));
}
