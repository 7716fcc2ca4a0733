import type { Fingerprint, LogId, ProjectId } from '../common/ids';
import type { LogLevel } from './log-level';

/** A flat value of a record's context: nested input is flattened with dotted keys at ingest. */
export type ContextValue = string | number | boolean | null;

/** One log entry as it is stored. Made only by toLogRecord; encoded only by log-batch.message.ts. */
export interface LogRecord {
  readonly id: LogId;
  readonly projectId: ProjectId;
  /** ISO 8601 in UTC with 3, 6 or 9 fractional digits: as many as the source gave, nanoseconds at most; from a store, as few as say the same. */
  readonly timestamp: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly receivedAt: string;
  readonly level: LogLevel;
  /** The level as the source wrote it, where that differs. */
  readonly originalLevel?: string;
  readonly serviceName: string;
  readonly message: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly correlationId?: string;
  readonly context: Readonly<Record<string, ContextValue>>;
  readonly fingerprint: Fingerprint;
  /** Which receiver took it in: `api`, and later `otlp`, `loki`, `syslog` … */
  readonly source: string;
}
