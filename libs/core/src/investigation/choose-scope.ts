import type { TimeRange } from '../common/time-range';
import type { InvestigationScope } from './investigation';

/** What the choice of windows needs to know of an alert. */
export interface ScopedAlert {
  /** When its condition began to hold. */
  readonly sinceMs: number;
  readonly windowSeconds: number;
  readonly serviceName?: string;
}

/** Trouble begins before the window that first showed it. */
const MARGIN_MS = 15_000;
/** An incident that has been open for days is investigated from its beginning, not over its whole length. */
const MAX_INCIDENT_MS = 6 * 3_600_000;
const MIN_INCIDENT_MS = 60_000;

/**
 * The incident window begins one rule window and 15 seconds before the earliest alert's condition held, and ends at
 * `untilMs`; the baseline is the time before it. Whole seconds, and none that has only begun, so that who asks for the windows
 * again finds the same.
 *
 * @param untilMs now, or when the incident was resolved: the calm after it would hide what was wrong, the more the later one looks
 */
export function chooseScope(
  alerts: readonly ScopedAlert[],
  untilMs: number,
  baselineMinutes: number,
): InvestigationScope {
  const starts = alerts.map((alert) => alert.sinceMs - alert.windowSeconds * 1000 - MARGIN_MS);
  const earliestMs = Math.min(untilMs - MIN_INCIDENT_MS, ...starts);
  const fromMs = Math.floor(earliestMs / 1000) * 1000;
  const toMs = Math.min(Math.floor(untilMs / 1000) * 1000, fromMs + MAX_INCIDENT_MS);
  const services = alerts.flatMap((alert) => alert.serviceName ?? []);
  return {
    incident: { fromMs, toMs },
    baseline: { fromMs: fromMs - baselineMinutes * 60_000, toMs: fromMs },
    services: [...new Set(services)],
  };
}

/**
 * The scope with a baseline that begins with the first record or sample, where there was none before it: time without data would
 * make ordinary traffic look new. A baseline without any data stays as it is.
 */
export function trimBaseline(
  scope: InvestigationScope,
  firstDataAtMs: number | undefined,
): InvestigationScope {
  const { fromMs, toMs } = scope.baseline;
  if (firstDataAtMs === undefined || firstDataAtMs <= fromMs) return scope;
  const trimmedMs = Math.floor(firstDataAtMs / 1000) * 1000;
  return { ...scope, baseline: { fromMs: Math.min(Math.max(trimmedMs, fromMs), toMs - 1000), toMs } };
}

const BUCKETS_SECONDS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] as const;
const MAX_BUCKETS = 360;

/** The finest bucket that keeps a range within 360 points. */
export function chooseBucketSeconds(range: TimeRange): number {
  const seconds = (range.toMs - range.fromMs) / 1000;
  return BUCKETS_SECONDS.find((bucket) => seconds / bucket <= MAX_BUCKETS) ?? 3600;
}

const DAY_SECONDS = 86_400;
/** All of the last three begin together once in eighteen years. */
const WHOLE_BUCKETS_SECONDS = [
  60,
  300,
  3600,
  DAY_SECONDS,
  7 * DAY_SECONDS,
  30 * DAY_SECONDS,
  31 * DAY_SECONDS,
];

/** The narrowest bucket that holds all of a range of up to a day: a query for it answers with one value. Buckets begin at multiples of their width. */
export function chooseWholeBucketSeconds({ fromMs, toMs }: TimeRange): number {
  const isWhole = (seconds: number) => {
    const widthMs = seconds * 1000;
    return Math.floor(fromMs / widthMs) === Math.floor((toMs - 1) / widthMs);
  };
  return WHOLE_BUCKETS_SECONDS.find(isWhole) ?? 31 * DAY_SECONDS;
}
