import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogFilter } from '../../../core/src/logs/log-query';
import { parseSearch } from '../../../core/src/logs/parse-search';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { instantValue } from './instant-value';
import { logConditions, minuteConditions } from './log-conditions';
import type { SqlValues } from './sql-values';

const MINUTE_MS = 60_000;

/** What tells counts of records apart, besides their minute. */
export type CountedBy = 'service and level' | 'fingerprint, service and level';

const KEYS: Readonly<Record<CountedBy, string>> = {
  'service and level': 'service_name, level',
  'fingerprint, service and level': 'fingerprint, service_name, level',
};

/**
 * The records that match, as a query of rows (at, the keys, count): from the counts by minute
 * where these know all that the filter asks for. At both ends of a range that is not in whole minutes, what is shorter is
 * counted by the records themselves: what of the minute is in the range, or what is not, with a count of -1. So sums may be 0.
 * `at` is the record's timestamp or its minute: fit for buckets of whole minutes. Adds its values to `values`.
 */
export function countedRecords(
  scope: ProjectScope,
  filter: LogFilter,
  values: SqlValues,
  by: CountedBy = 'service and level',
): string {
  if (!isKnownByMinute(filter)) return matchingRecords(scope, filter, values, by);
  const { minutes, added, taken } = countByMinute(filter.range);
  return [
    ...minutes.map((range) => counts(scope, { ...filter, range }, values, by)),
    ...added.map((range) => matchingRecords(scope, { ...filter, range }, values, by)),
    ...taken.map((range) => takenRecords(scope, { ...filter, range }, values, by)),
  ].join(' UNION ALL ');
}

/** The whole minutes of a range, and what is left at its ends: all of it, where there is no whole minute. */
export function splitByMinute(range: TimeRange): {
  readonly minutes: readonly TimeRange[];
  readonly rest: readonly TimeRange[];
} {
  const minutes = wholeMinutes(range);
  if (minutes === undefined) return { minutes: [], rest: [range] };
  const ends = [
    { fromMs: range.fromMs, toMs: minutes.fromMs },
    { fromMs: minutes.toMs, toMs: range.toMs },
  ];
  return { minutes: [minutes], rest: ends.filter(({ fromMs, toMs }) => fromMs < toMs) };
}

/** Whether the counts by minute have all that the filter asks for. A search without words, such as `-`, asks for nothing. */
export function isKnownByMinute(filter: LogFilter): boolean {
  const { receivedRange, search, traceId, correlationId, contextField } = filter;
  const others = [receivedRange, traceId, correlationId, contextField];
  return others.every((part) => part === undefined) && parseSearch(search ?? '').length === 0;
}

/** The whole minutes within a range; undefined where there is none. */
export function wholeMinutes({ fromMs, toMs }: TimeRange): TimeRange | undefined {
  const range = {
    fromMs: Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS,
    toMs: Math.floor(toMs / MINUTE_MS) * MINUTE_MS,
  };
  return range.fromMs < range.toMs ? range : undefined;
}

/** The whole minutes that a range has at least a part of. */
export function minutesAround({ fromMs, toMs }: TimeRange): TimeRange {
  return {
    fromMs: Math.floor(fromMs / MINUTE_MS) * MINUTE_MS,
    toMs: Math.ceil(toMs / MINUTE_MS) * MINUTE_MS,
  };
}

/** The records that match, in the same form. */
export function matchingRecords(
  scope: ProjectScope,
  filter: LogFilter,
  values: SqlValues,
  by: CountedBy = 'service and level',
): string {
  return `SELECT timestamp AS at, ${KEYS[by]}, 1::bigint AS count FROM log_records
    WHERE ${logConditions(scope, filter, values)}`;
}

/** How to count a range with the fewest records read: by the counts of whole minutes, with records added, and records taken away. */
export function countByMinute(range: TimeRange): {
  readonly minutes: readonly TimeRange[];
  readonly added: readonly TimeRange[];
  readonly taken: readonly TimeRange[];
} {
  const { minutes, rest } = splitByMinute(range);
  if (minutes.length === 0) return { minutes, added: rest, taken: [] };
  const taken = rest.flatMap((end) => shorterRestOfMinute(end) ?? []);
  const counted = [...minutes, ...taken.map(minutesAround)];
  return {
    minutes: [
      {
        fromMs: Math.min(...counted.map(({ fromMs }) => fromMs)),
        toMs: Math.max(...counted.map(({ toMs }) => toMs)),
      },
    ],
    added: rest.filter((end) => shorterRestOfMinute(end) === undefined),
    taken,
  };
}

/** What its minute has besides a range that begins or ends with it; undefined where that is longer. */
function shorterRestOfMinute(range: TimeRange): TimeRange | undefined {
  const minute = minutesAround(range);
  if (2 * (range.toMs - range.fromMs) <= MINUTE_MS) return undefined;
  return range.fromMs === minute.fromMs
    ? { fromMs: range.toMs, toMs: minute.toMs }
    : { fromMs: minute.fromMs, toMs: range.fromMs };
}

/** The records that match, to be taken from the count of the minute that they are in. */
function takenRecords(scope: ProjectScope, filter: LogFilter, values: SqlValues, by: CountedBy): string {
  return `SELECT ${values.add(instantValue(minutesAround(filter.range).fromMs))}::timestamptz AS at, ${KEYS[by]}, -1::bigint AS count
    FROM log_records WHERE ${logConditions(scope, filter, values)}`;
}

function counts(scope: ProjectScope, filter: LogFilter, values: SqlValues, by: CountedBy): string {
  const byFingerprint = by === 'fingerprint, service and level' || filter.fingerprint !== undefined;
  return `SELECT minute AS at, ${KEYS[by]}, count
    FROM ${byFingerprint ? 'log_fingerprint_counts' : 'log_minute_counts'} WHERE ${minuteConditions(scope, filter, values)}`;
}
