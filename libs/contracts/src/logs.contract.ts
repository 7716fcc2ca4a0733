import { z } from 'zod';
import { OpsError } from '../../core/src/common/errors';
import { asId } from '../../core/src/common/ids';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import type { ErrorSpikes } from '../../core/src/logs/find-error-spikes';
import type {
  ContextField,
  LogContext,
  LogFilter,
  LogQuery,
  VolumeBucket,
} from '../../core/src/logs/log-query';
import type { LogRecord } from '../../core/src/logs/log-record';
import { formatDurationSeconds } from '../../core/src/common/duration';
import {
  bucketParameter,
  countParameter,
  cursorParameter,
  field,
  levels,
  rangeFields,
  text,
  toTimeRange,
  toTotals,
  totals,
} from './common.contract';
import { type LogLine, toLogLine } from './log-batch.message';

/** What selects records by themselves, whenever they were written. */
export const logRecordFields = {
  service_name: field(text(200), 'Only records of this service', 'checkout').optional(),
  service: field(text(200), 'The same as service_name', 'checkout').optional(),
  search: field(
    text(1000),
    'Words that must all occur in the message, in any order and case; words in double quotes must occur in a row',
    'connection "timed out"',
  ).optional(),
  trace_id: field(text(200), 'Only records of this trace', '4bf92f3577b34da6a3ce929d0e0e4736').optional(),
  correlation_id: field(text(200), 'Only records with this correlation id', 'order-4711').optional(),
  fingerprint: field(
    text(200),
    'Only records whose masked message has this hash',
    '9f86d081884c7d65',
  ).optional(),
};

const filterWithoutLevel = { ...rangeFields, ...logRecordFields };

const filterFields = {
  ...filterWithoutLevel,
  level: levels('Only records of exactly these levels').optional(),
};

export const logQueryParameters = z.strictObject({
  ...filterFields,
  context: contextField(
    'Only records whose context has this field with exactly this value of at most 256 bytes',
  ).optional(),
  limit: countParameter(
    { min: 0, max: 1000, default: 100 },
    'How many records at most; with 0 only `total` is told',
  ),
  offset: countParameter(
    { min: 0, max: 10_000, default: 0 },
    'How many records to skip; for more, page with `cursor`',
  ),
  cursor: cursorParameter,
  order: field(z.enum(['asc', 'desc']), 'By time: newest first (desc) or oldest first (asc)', 'desc').default(
    'desc',
  ),
});

export const logVolumeParameters = z.strictObject({
  ...filterFields,
  time_bucket: bucketParameter.optional(),
});
export const errorSpikeParameters = z.strictObject({
  ...filterWithoutLevel,
  time_bucket: bucketParameter.optional(),
});
export const logPatternParameters = z.strictObject({
  ...filterFields,
  limit: countParameter({ min: 1, max: 1000, default: 50 }, 'How many patterns at most'),
});
export const logContextParameters = z.strictObject({
  before: countParameter({ min: 0, max: 100, default: 10 }, 'How many records before it'),
  after: countParameter({ min: 0, max: 100, default: 10 }, 'How many records after it'),
});

type WrittenFilter = z.output<typeof logVolumeParameters>;

/** Errors: OpsError `invalid` for an empty range or two different services. */
export function toLogFilter(written: Omit<WrittenFilter, 'time_bucket'>, nowMs: number): LogFilter {
  return { range: toTimeRange(written, nowMs), ...toRecordFilter(written) };
}

/** Errors: OpsError `invalid` for two different services. */
export function toRecordFilter(
  written: Pick<WrittenFilter, keyof typeof logRecordFields | 'level'>,
): Omit<LogFilter, 'range'> {
  const serviceName = written.service_name ?? written.service;
  if (written.service !== undefined && written.service !== serviceName)
    throw twoValues('service', 'service_name');
  return {
    ...(written.level !== undefined && { levels: written.level }),
    ...(serviceName !== undefined && { serviceName }),
    ...(written.search !== undefined && { search: written.search }),
    ...(written.trace_id !== undefined && { traceId: written.trace_id }),
    ...(written.correlation_id !== undefined && { correlationId: written.correlation_id }),
    ...(written.fingerprint !== undefined && { fingerprint: asId(written.fingerprint) }),
  };
}

export function toLogQuery(written: z.output<typeof logQueryParameters>, nowMs: number): LogQuery {
  const { limit, offset, cursor, order } = written;
  if (cursor !== undefined && offset > 0) throw twoValues('offset', 'cursor');
  const filter = {
    ...toLogFilter(written, nowMs),
    ...(written.context !== undefined && { contextField: written.context }),
  };
  return { ...filter, limit, order, ...(offset > 0 && { offset }), ...(cursor !== undefined && { cursor }) };
}

/** `key=value`; the key ends at the first equals sign. */
function contextField(description: string) {
  return field(z.string().min(1).max(500), description, 'http.status=500').transform(
    (written, context): ContextField => {
      const equals = written.indexOf('=');
      if (equals > 0) return { key: written.slice(0, equals), value: written.slice(equals + 1) };
      context.addIssue({
        code: 'custom',
        message: 'has no field and value',
        params: { allowed: 'FIELD=VALUE, such as http.status=500' },
      });
      return z.NEVER;
    },
  );
}

function twoValues(name: string, other: string): OpsError {
  return new OpsError('invalid', 'OPS_REQUEST_INVALID', `${name}: cannot go together with ${other}`, {
    fields: [
      { field: name, reason: `cannot go together with ${other}`, allowed: `one of ${name} and ${other}` },
    ],
  });
}

const levelName = field(z.string(), 'trace, debug, info, warn, error or fatal', 'error');
const isoInstant = (description: string) => field(z.string(), description, '2026-01-15T12:00:00.000Z');

export const logResponse = z
  .object({
    id: field(z.string(), 'Id of the record; ids sort by time', '01bc3d5e8f4a'),
    project_id: field(z.string(), 'The project that it belongs to', '11111111-1111-4111-8111-111111111111'),
    timestamp: isoInstant('When it was written, with 3, 6 or 9 fractional digits: as few as say all of it'),
    received_at: isoInstant('When it came to OpsPilot'),
    level: levelName,
    original_level: field(
      z.string(),
      'The level as the source wrote it, where that differs',
      'ERROR',
    ).optional(),
    service_name: field(z.string(), 'The service that wrote it', 'checkout'),
    message: field(z.string(), 'What it says', 'connection to db-1 timed out after 3000 ms'),
    trace_id: field(
      z.string(),
      'The trace that it belongs to',
      '4bf92f3577b34da6a3ce929d0e0e4736',
    ).optional(),
    span_id: field(z.string(), 'The span that it belongs to', '00f067aa0ba902b7').optional(),
    correlation_id: field(z.string(), 'What the source correlates by', 'order-4711').optional(),
    context: field(
      z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
      'Its free fields, flat',
      { error_code: 'DB_001' },
    ),
    fingerprint: field(
      z.string(),
      'Hash of the masked message: the same for records of one pattern',
      '9f86d081884c7d65',
    ),
    source: field(z.string(), 'Which receiver took it in', 'api'),
  })
  .meta({ id: 'LogRecord' });

export const logListResponse = z.object({ logs: field(z.array(logResponse), 'The records', []), ...totals });
export const logContextResponse = z.object({
  before: field(z.array(logResponse), 'Records of the same service before it, in order of time', []),
  log: field(logResponse, 'The record itself', {}),
  after: field(z.array(logResponse), 'Records of the same service after it, in order of time', []),
  ...totals,
});

export const logVolumeResponse = z.object({
  time_bucket: field(z.string(), 'Width of the buckets', '1m'),
  buckets: field(
    z.array(
      z.object({
        timestamp: isoInstant('Start of the bucket'),
        count: field(z.int(), 'Records in it', 42),
        by_level: field(
          z.record(z.string(), z.int()),
          'The same by level; levels without records are left out',
          { error: 2, info: 40 },
        ),
      }),
    ),
    'Every bucket of the range, empty ones too',
    [],
  ),
  ...totals,
});

export const errorSpikesResponse = z.object({
  time_bucket: field(z.string(), 'Width of the buckets', '1m'),
  baseline: field(z.number(), 'Median of the counts of the whole buckets', 1),
  threshold: field(z.number(), 'A bucket with more errors than this is a spike', 10),
  threshold_reason: field(
    z.string(),
    'How the threshold comes about',
    'the largest of: median + 3 scaled median deviations (4), twice the median (2), and 5',
  ),
  buckets: field(
    z.array(
      z.object({
        timestamp: isoInstant('Start of the bucket'),
        count: field(z.int(), 'Records of level error or fatal', 42),
        spike: field(z.boolean(), 'Whether that is more than the threshold', true),
      }),
    ),
    'Every bucket of the range',
    [],
  ),
  ...totals,
});

export function toLogResponse(record: LogRecord): LogLine {
  return toLogLine(record);
}

export function toLogListResponse(page: Page<LogRecord>) {
  return { logs: page.items.map(toLogResponse), ...toTotals(page) };
}

export function toLogContextResponse(context: LogContext) {
  const before = context.before.map(toLogResponse);
  const after = context.after.map(toLogResponse);
  return {
    before,
    log: toLogResponse(context.record),
    after,
    total: before.length + 1 + after.length,
    next_cursor: null,
  };
}

export function toLogVolumeResponse(buckets: readonly VolumeBucket[], bucketSeconds: number) {
  return {
    time_bucket: formatDurationSeconds(bucketSeconds),
    buckets: buckets.map(({ startMs, count, byLevel }) => ({
      timestamp: toIso(startMs),
      count,
      by_level: byLevel,
    })),
    total: buckets.length,
    next_cursor: null,
  };
}

export function toErrorSpikesResponse(spikes: ErrorSpikes, bucketSeconds: number) {
  return {
    time_bucket: formatDurationSeconds(bucketSeconds),
    baseline: spikes.baseline,
    threshold: spikes.threshold,
    threshold_reason: spikes.reason,
    buckets: spikes.buckets.map(({ startMs, count, isSpike }) => ({
      timestamp: toIso(startMs),
      count,
      spike: isSpike,
    })),
    total: spikes.buckets.length,
    next_cursor: null,
  };
}
