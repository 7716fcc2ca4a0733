import { z } from 'zod';
import { parseDurationSeconds } from '../../core/src/common/duration';
import { OpsError } from '../../core/src/common/errors';
import type { Page } from '../../core/src/common/page';
import { type TimeRange, durationMs } from '../../core/src/common/time-range';
import { LOG_LEVELS, type LogLevel } from '../../core/src/logs/log-level';
import { MAX_EPOCH_MS, parseTimestamp } from '../../core/src/logs/parse-timestamp';

const HOUR_MS = 3_600_000;

/** A field with what a reader of the OpenAPI document needs to know. */
export function field<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  example: unknown,
): Schema {
  return schema.meta({ description, examples: [example] });
}

/** Half of a surrogate pair on its own: no UTF-8 can say it, and no store can keep it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Text of bounded length that every store can keep. */
export function text(maxLength: number, minLength = 1) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
    .refine((value) => !LONE_SURROGATE.test(value), 'must not hold half a surrogate pair');
}

/** An instant as it was written: absolute, or so far from now. */
export type InstantExpression = { readonly atMs: number } | { readonly fromNowMs: number };

const INSTANT_ALLOWED = 'ISO 8601 such as 2026-01-15T12:00:00Z, or now, now-15m, now+1h';

/** Undefined for what is neither ISO 8601 nor relative. A plus sign that a query string turned into a blank is understood. */
export function parseInstant(written: string): InstantExpression | undefined {
  const value = written.trim().replace(/ (\d{2}:?\d{2})$/, '+$1');
  const relative = /^now(?:([+\- ])(\w+))?$/.exec(value);
  if (relative !== null) {
    const seconds = relative[2] === undefined ? 0 : parseDurationSeconds(relative[2]);
    return seconds === undefined
      ? undefined
      : { fromNowMs: (relative[1] === '-' ? -seconds : seconds) * 1000 };
  }
  if (!/^\d{4}-/.test(value)) return undefined;
  const instant = parseTimestamp(value);
  return typeof instant === 'string' ? undefined : { atMs: instant.epochMs };
}

/** An instant in a query string, as it is written. */
export function instant(description: string, example: string) {
  return field(z.string().max(64), description, example).transform((written, context) => {
    const parsed = parseInstant(written);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'is not an instant', params: { allowed: INSTANT_ALLOWED } });
    return z.NEVER;
  });
}

export const rangeFields = {
  start_time: instant(
    `Start of the range, which belongs to it: ${INSTANT_ALLOWED}; default: an hour before the end`,
    'now-1h',
  ).optional(),
  end_time: instant(
    `End of the range, which does not belong to it: ${INSTANT_ALLOWED}; default: now`,
    'now',
  ).optional(),
};

export interface WrittenRange {
  readonly start_time?: InstantExpression | undefined;
  readonly end_time?: InstantExpression | undefined;
}

/** The range that a request names; the last hour where it names none. Errors: OpsError `invalid` where it is empty. */
export function toTimeRange(written: WrittenRange, nowMs: number): TimeRange {
  const toMs = written.end_time === undefined ? nowMs : resolveInstant(written.end_time, nowMs);
  const fromMs =
    written.start_time === undefined ? toMs - HOUR_MS : resolveInstant(written.start_time, nowMs);
  if (fromMs < toMs) return { fromMs, toMs };
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', 'start_time: is not before end_time', {
    fields: [
      { field: 'start_time', reason: 'is not before end_time', allowed: 'an instant before end_time' },
    ],
  });
}

/** Within the instants that records can have: `now-9999w` means everything, and must not become a date that nobody can write. */
export function resolveInstant(expression: InstantExpression, nowMs: number): number {
  if ('atMs' in expression) return expression.atMs;
  return Math.min(Math.max(nowMs + expression.fromNowMs, 0), MAX_EPOCH_MS);
}

/** A duration as whole seconds or as text such as `90s`, `5m`, `1h30m`; comes out in seconds. */
export function duration(
  bounds: { readonly min: number; readonly max: number; readonly allowed: string },
  description: string,
  example: string,
) {
  const written = z.union([z.string().max(32), z.number()], {
    error: 'must be a duration such as 5m, or whole seconds',
  });
  return field(written, `${description}; ${bounds.allowed}`, example).transform((value, context) => {
    const seconds =
      typeof value === 'number' || /^\d+$/.test(value) ? Number(value) : parseDurationSeconds(value);
    if (seconds !== undefined && Number.isInteger(seconds) && seconds >= bounds.min && seconds <= bounds.max)
      return seconds;
    const message =
      seconds === undefined || !Number.isInteger(seconds) ? 'is not a duration' : 'is out of bounds';
    context.addIssue({ code: 'custom', message, params: { allowed: bounds.allowed } });
    return z.NEVER;
  });
}

/** Exact levels, in any case, separated by commas. */
export function levels(description: string) {
  return field(z.string().min(1).max(100), description, 'ERROR,FATAL').transform(
    (written, context): readonly LogLevel[] => {
      const names = written.split(',').map((name) => name.trim().toLowerCase());
      const known = names.map((name) =>
        LOG_LEVELS.find((level) => level === (name === 'warning' ? 'warn' : name)),
      );
      const unknown = names.filter((_name, index) => known[index] === undefined);
      if (unknown.length === 0) return [...new Set(known.flatMap((level) => level ?? []))];
      context.addIssue({
        code: 'custom',
        message: `has unknown levels: ${unknown.join(', ')}`,
        params: { allowed: `${LOG_LEVELS.join(', ')}, in any case, several separated by commas` },
      });
      return z.NEVER;
    },
  );
}

/** A whole number in a query string. */
export function countParameter(
  bounds: { readonly min: number; readonly max: number; readonly default: number },
  description: string,
) {
  const allowed = `a whole number from ${bounds.min} to ${bounds.max}`;
  return field(
    z.string().max(20),
    `${description}; ${allowed}, default ${bounds.default}`,
    String(bounds.default),
  )
    .transform((written, context) => {
      const value = /^\d+$/.test(written) ? Number(written) : NaN;
      if (value >= bounds.min && value <= bounds.max) return value;
      context.addIssue({ code: 'custom', message: `must be ${allowed}`, params: { allowed } });
      return z.NEVER;
    })
    .prefault(String(bounds.default));
}

export const cursorParameter = field(text(2000), 'next_cursor of the page before', 'eyJ…').optional();

export const pageFields = {
  limit: countParameter({ min: 1, max: 500, default: 50 }, 'How many at most'),
  cursor: cursorParameter,
};
export const pageParameters = z.strictObject(pageFields);

/** The cursor and limit of a request, as stores take them. */
export function toPageRequest(parameters: { readonly limit: number; readonly cursor?: string | undefined }) {
  return { limit: parameters.limit, ...(parameters.cursor !== undefined && { cursor: parameters.cursor }) };
}

export const totals = {
  total: field(z.int(), 'How many there are in all, not only here', 1),
  next_cursor: field(
    z.string().nullable(),
    'Gives the next page when sent as `cursor`; null on the last',
    null,
  ),
};

export function toTotals(page: Pick<Page<unknown>, 'total' | 'nextCursor'>) {
  return { total: page.total, next_cursor: page.nextCursor ?? null };
}

export const tagsSchema = z
  .record(text(200), text(1000, 0))
  .refine((tags) => Object.keys(tags).length <= 64, 'must not have more than 64 entries');

/** From a minute on the stores have counted ahead: an hour is shown by the minute, not by half of one. */
const NICE_BUCKETS_SECONDS = [1, 5, 10, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800];
const DEFAULT_BUCKETS = 120;
export const MAX_BUCKETS = 2000;

export const bucketParameter = duration(
  { min: 1, max: 31 * 86_400, allowed: 'from 1s to 31d, such as 1m, 5m, 1h, 1d' },
  'Width of a bucket',
  '1m',
);

/** The asked width, or one that gives at most 120 buckets. Errors: OpsError `invalid` where that makes more than 2000. */
export function chooseBucketSeconds(range: TimeRange, asked: number | undefined): number {
  const seconds = durationMs(range) / 1000;
  const chosen =
    asked ??
    NICE_BUCKETS_SECONDS.find((width) => seconds / width <= DEFAULT_BUCKETS) ??
    Math.ceil(seconds / DEFAULT_BUCKETS);
  if (seconds / chosen <= MAX_BUCKETS) return chosen;
  const least = Math.ceil(seconds / MAX_BUCKETS);
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', 'time_bucket: makes too many buckets for this range', {
    fields: [
      {
        field: 'time_bucket',
        reason: `makes more than ${MAX_BUCKETS} buckets`,
        allowed: `at least ${least}s for this range, or a shorter range`,
      },
    ],
  });
}
