import { asId, type Fingerprint, type LogId, type ProjectId } from '../../../core/src/common/ids';
import type { LogLevel } from '../../../core/src/logs/log-level';
import type { LogRecord } from '../../../core/src/logs/log-record';
import type { LogLine } from '../../../contracts/src/log-batch.message';

/**
 * A record as OpenSearch gives it back: the line that was written, and what was added to find it by, which is left alone:
 * having OpenSearch leave it out costs more than all of a short search (measured).
 */
export interface LogHit {
  readonly _id: string;
  readonly _index: string;
  readonly _source: LogLine;
}

export interface LogHits {
  readonly hits: {
    readonly total?: { readonly value: number };
    readonly hits: readonly LogHit[];
  };
}

export interface SortedHit extends LogHit {
  /** Begins with the record's milliseconds. */
  readonly sort: readonly [number, ...unknown[]];
}

export interface SortedHits {
  readonly hits: { readonly total?: { readonly value: number }; readonly hits: readonly SortedHit[] };
}

/** What says nothing behind the milliseconds of an instant. */
const EMPTY_DIGITS = /(?<=\.\d{3}(?:\d{3})?)(?:000){1,2}Z$/;

export function toLogRecord({ _source: line }: LogHit): LogRecord {
  return {
    id: asId<LogId>(line.id),
    projectId: asId<ProjectId>(line.project_id),
    timestamp: line.timestamp.endsWith('000Z') ? line.timestamp.replace(EMPTY_DIGITS, 'Z') : line.timestamp,
    receivedAt: line.received_at,
    // Checked when it was written; see bulk-body.ts.
    level: line.level as LogLevel,
    ...(line.original_level !== undefined && { originalLevel: line.original_level }),
    serviceName: line.service_name,
    message: line.message,
    ...(line.trace_id !== undefined && { traceId: line.trace_id }),
    ...(line.span_id !== undefined && { spanId: line.span_id }),
    ...(line.correlation_id !== undefined && { correlationId: line.correlation_id }),
    context: line.context ?? {},
    fingerprint: asId<Fingerprint>(line.fingerprint),
    source: line.source,
  };
}
