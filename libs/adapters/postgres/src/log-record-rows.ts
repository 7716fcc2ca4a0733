import { asId, type Fingerprint, type LogId } from '../../../core/src/common/ids';
import { toIso } from '../../../core/src/common/time-range';
import { instantsOfLogId } from '../../../core/src/logs/log-id';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import type { ContextValue, LogRecord } from '../../../core/src/logs/log-record';
import type { ProjectScope } from '../../../core/src/projects/project-scope';

export interface LogRecordRow {
  readonly id: string;
  readonly level: number;
  readonly original_level: string | null;
  readonly service_name: string;
  readonly message: string;
  readonly trace_id: string | null;
  readonly span_id: string | null;
  readonly correlation_id: string | null;
  readonly context: Readonly<Record<string, ContextValue>>;
  readonly fingerprint: string;
  readonly source: string;
}

/** Neither the project, which whoever asks knows, nor the instants, which the id says: they would be written and read for nothing. */
export const LOG_RECORD_COLUMNS =
  'id, level, original_level, service_name, message, trace_id, span_id, correlation_id, context, fingerprint, source';

const NS_PER_US = 1000;

/** Levels are stored by rank, so that "at least" and "the most severe" are comparisons of numbers. */
export function levelRank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}

export function levelOfRank(rank: number): LogLevel {
  const level = LOG_LEVELS[rank];
  if (level === undefined) throw new Error(`no log level has the rank ${rank}`);
  return level;
}

export function toLogRecord({ projectId }: ProjectScope, row: LogRecordRow): LogRecord {
  const instants = instantsOfLogId(row.id);
  if (instants === undefined) throw new Error(`no log record has the id ${row.id}`);
  return {
    id: asId<LogId>(row.id),
    projectId,
    timestamp: isoOf(instants.epochMs, instants.nanos),
    receivedAt: toIso(instants.receivedAtMs),
    level: levelOfRank(row.level),
    ...(row.original_level !== null && { originalLevel: row.original_level }),
    serviceName: row.service_name,
    message: row.message,
    ...(row.trace_id !== null && { traceId: row.trace_id }),
    ...(row.span_id !== null && { spanId: row.span_id }),
    ...(row.correlation_id !== null && { correlationId: row.correlation_id }),
    context: row.context,
    fingerprint: asId<Fingerprint>(row.fingerprint),
    source: row.source,
  };
}

/** ISO 8601 in UTC with 3, 6 or 9 fractional digits, as few as say it all. */
function isoOf(epochMs: number, nanos: number): string {
  const iso = toIso(epochMs);
  if (nanos === 0) return iso;
  const digits =
    nanos % NS_PER_US === 0 ? String(nanos / NS_PER_US).padStart(3, '0') : String(nanos).padStart(6, '0');
  return `${iso.slice(0, -1)}${digits}Z`;
}

/** The instant under which the row with this id is stored: PostgreSQL keeps microseconds. Undefined for what is no log id. */
export function storedInstantOf(id: string): string | undefined {
  const instants = instantsOfLogId(id);
  return instants === undefined
    ? undefined
    : isoOf(instants.epochMs, instants.nanos - (instants.nanos % NS_PER_US));
}
