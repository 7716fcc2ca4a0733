import type { LogRecord } from '../../core/src/logs/log-record';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import { encodeLines } from './ndjson';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** A log record as it lies in the queue and as OpenSearch keeps it. */
export interface LogLine {
  readonly id: string;
  readonly project_id: string;
  readonly timestamp: string;
  readonly received_at: string;
  readonly level: string;
  readonly original_level?: string;
  readonly service_name: string;
  readonly message: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly correlation_id?: string;
  readonly context?: Readonly<Record<string, string | number | boolean | null>>;
  readonly fingerprint: string;
  readonly source: string;
}

export function toLogLine(record: LogRecord): LogLine {
  // Assigned one by one: spreading what may be absent costs as much again as turning the line into text.
  const line: Mutable<LogLine> = {
    id: record.id,
    project_id: record.projectId,
    timestamp: record.timestamp,
    received_at: record.receivedAt,
    level: record.level,
    service_name: record.serviceName,
    message: record.message,
    context: record.context,
    fingerprint: record.fingerprint,
    source: record.source,
  };
  if (record.originalLevel !== undefined) line.original_level = record.originalLevel;
  if (record.traceId !== undefined) line.trace_id = record.traceId;
  if (record.spanId !== undefined) line.span_id = record.spanId;
  if (record.correlationId !== undefined) line.correlation_id = record.correlationId;
  return line;
}

/** The only place where log records become bytes. */
export function encodeLogBatch(records: readonly LogRecord[]): EncodedBatch {
  return encodeLines(records.map(toLogLine));
}
