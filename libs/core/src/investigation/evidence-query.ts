import { cleanText } from '../common/clean-text';
import type { TimeRange } from '../common/time-range';
import { toIso } from '../common/time-range';
import { formatDurationSeconds } from '../common/duration';
import type { Tags } from '../metrics/sample';
import type { KeptSince } from '../projects/retention';
import type { Aggregation } from '../metrics/metric-query';

type Parameters = Readonly<Record<string, string | undefined>>;

function path(resource: string, range: TimeRange, parameters: Parameters): string {
  const all: Parameters = { ...parameters, start_time: toIso(range.fromMs), end_time: toIso(range.toMs) };
  const pairs = Object.entries(all).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(cleanText(value))}`],
  );
  return `${resource}?${pairs.join('&')}`;
}

export interface LogsQuestion {
  readonly level?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly search?: string | undefined;
  readonly fingerprint?: string | undefined;
}

const RETAINED_BY: ReadonlyMap<string, keyof KeptSince> = new Map([
  ['/api/logs/query', 'logs'],
  ['/api/services/edges', 'logs'],
  ['/api/metrics/query', 'metrics'],
  ['/api/events', 'changeEvents'],
]);

/** Whether a request of these shows all that it showed once: nothing in its range has been deleted because of its age. */
export function isDataKept(query: string, since: KeptSince): boolean {
  const retained = RETAINED_BY.get(query.split('?', 1)[0] ?? '');
  const keptFromMs = retained && since[retained];
  const start = /[?&]start_time=([^&]*)/.exec(query)?.[1];
  if (keptFromMs === undefined || start === undefined) return true;
  return Date.parse(decodeURIComponent(start)) >= keptFromMs;
}

/** The request of the public API that lists these records. */
export function logsPath(range: TimeRange, question: LogsQuestion): string {
  return path('/api/logs/query', range, {
    level: question.level,
    service_name: question.serviceName,
    search: question.search,
    fingerprint: question.fingerprint,
  });
}

export interface MetricQuestion {
  readonly metricName: string;
  readonly serviceName?: string | undefined;
  readonly tags?: Tags | undefined;
  readonly aggregation: Aggregation;
  readonly bucketSeconds: number;
  /** One line per series where absent. */
  readonly groupBy?: 'service' | 'all' | undefined;
}

/** The request of the public API that draws this series. Tags are `tag.<name>=<value>`. */
export function metricPath(range: TimeRange, question: MetricQuestion): string {
  const tags = Object.entries(question.tags ?? {}).map(([name, value]) => [
    `tag.${encodeURIComponent(name)}`,
    value,
  ]);
  return path('/api/metrics/query', range, {
    metric_name: question.metricName,
    service_name: question.serviceName,
    ...Object.fromEntries(tags),
    aggregation: question.aggregation,
    group_by: question.groupBy,
    time_bucket: formatDurationSeconds(question.bucketSeconds),
  });
}

/** The request of the public API that lists who calls whom. */
export function edgesPath(
  range: TimeRange,
  pair?: { readonly caller: string; readonly callee: string },
): string {
  return path('/api/services/edges', range, { caller: pair?.caller, callee: pair?.callee });
}

/** The request of the public API that lists change events. */
export function eventsPath(range: TimeRange, serviceName?: string): string {
  return path('/api/events', range, { service_name: serviceName });
}
