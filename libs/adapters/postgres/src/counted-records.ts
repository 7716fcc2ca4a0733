import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogFilter } from '../../../core/src/logs/log-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { instantValue } from './instant-value';
import { logConditions } from './log-conditions';
import { levelRank } from './log-record-rows';
import type { SqlValues } from './sql-values';
import { storableText } from './storable-text';

const MINUTE_MS = 60_000;

/** What tells counts of records apart, besides their minute. */
export type CountedBy = 'service and level' | 'fingerprint, service and level';

const KEYS: Readonly<Record<CountedBy, string>> = {
  'service and level': 'service_name, level',
  'fingerprint, service and level': 'fingerprint, service_name, level',
};

/**
 * The records that match, as a source of rows (at, the keys, count) for a FROM clause: from the counts by minute
 * where these know all that the filter asks for. At both ends of a range that is not in whole minutes, what is shorter is
 * counted by the records themselves: what of the minute is in the range, or what is not, which is taken from the minute's
 * count. `at` is the record's timestamp or its minute: fit for buckets of whole minutes. Adds its values to `values`.
 */
export function countedRecords(
  scope: ProjectScope,
  filter: LogFilter,
  values: SqlValues,
  by: CountedBy = 'service and level',
): string {
  const { minutes, rest } = isKnownByMinute(filter)
    ? splitByMinute(filter.range)
    : { minutes: [], rest: [filter.range] };
  return `(${[
    ...minutes.map((range) => counts(scope, { ...filter, range }, values, by)),
    ...rest.map((range) => {
      const beyond = minutes.length > 0 ? shorterRestOfMinute(range) : undefined;
      return beyond === undefined
        ? matchingRecords(scope, { ...filter, range }, values, by)
        : countsWithout(scope, filter, beyond, values, by);
    }),
  ].join(' UNION ALL ')})`;
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

/** Whether the counts by minute have all that the filter asks for. */
export function isKnownByMinute(filter: LogFilter): boolean {
  const { receivedRange, search, traceId, correlationId, contextField } = filter;
  return [receivedRange, search, traceId, correlationId, contextField].every((part) => part === undefined);
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
  const ends = rest.map((end) => ({ end, beyond: shorterRestOfMinute(end) }));
  return {
    minutes: [
      ...minutes,
      ...ends.filter(({ beyond }) => beyond !== undefined).map(({ end }) => minuteOf(end)),
    ],
    added: ends.filter(({ beyond }) => beyond === undefined).map(({ end }) => end),
    taken: ends.flatMap(({ beyond }) => beyond ?? []),
  };
}

/** What its minute has besides a range that begins or ends with it; undefined where that is longer. */
function shorterRestOfMinute(range: TimeRange): TimeRange | undefined {
  const minute = minuteOf(range);
  if (2 * (range.toMs - range.fromMs) <= MINUTE_MS) return undefined;
  return range.fromMs === minute.fromMs
    ? { fromMs: range.toMs, toMs: minute.toMs }
    : { fromMs: minute.fromMs, toMs: range.fromMs };
}

/** In which a range lies. */
function minuteOf(range: TimeRange): TimeRange {
  const fromMs = Math.floor(range.fromMs / MINUTE_MS) * MINUTE_MS;
  return { fromMs, toMs: fromMs + MINUTE_MS };
}

/** The counts of a minute, less the records of a part of it. */
function countsWithout(
  scope: ProjectScope,
  filter: LogFilter,
  part: TimeRange,
  values: SqlValues,
  by: CountedBy,
): string {
  const minute = minuteOf(part);
  const keys = KEYS[by];
  return `SELECT at, ${keys}, counted.count - coalesce(beyond.count, 0) AS count
    FROM (${counts(scope, { ...filter, range: minute }, values, by)}) AS counted
    LEFT JOIN (SELECT ${keys}, count(*) AS count FROM (${matchingRecords(scope, { ...filter, range: part }, values, by)}) AS record
      GROUP BY ${keys}) AS beyond USING (${keys})
    WHERE counted.count > coalesce(beyond.count, 0)`;
}

function counts(scope: ProjectScope, filter: LogFilter, values: SqlValues, by: CountedBy): string {
  const byFingerprint = by === 'fingerprint, service and level' || filter.fingerprint !== undefined;
  return `SELECT minute AS at, ${KEYS[by]}, count
    FROM ${byFingerprint ? 'log_fingerprint_counts' : 'log_minute_counts'} WHERE ${minuteConditions(scope, filter, values)}`;
}

/** The WHERE clause of a filter over counts by minute. Adds its values to `values`. */
export function minuteConditions(scope: ProjectScope, filter: LogFilter, values: SqlValues): string {
  const conditions = [
    `project_id = ${values.add(scope.projectId)}`,
    `minute >= ${values.add(instantValue(filter.range.fromMs))}`,
    `minute < ${values.add(instantValue(filter.range.toMs))}`,
  ];
  if (filter.levels !== undefined)
    conditions.push(`level = ANY(${values.add(filter.levels.map(levelRank))}::smallint[])`);
  if (filter.serviceName !== undefined)
    conditions.push(`service_name = ${values.add(storableText(filter.serviceName))}`);
  if (filter.fingerprint !== undefined)
    conditions.push(`fingerprint = ${values.add(storableText(filter.fingerprint))}`);
  return conditions.join(' AND ');
}
