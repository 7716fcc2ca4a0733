import type { LogRecord } from './log-record';

/** A canonical record as text, and those of its fields that a reader may ask for. */
export interface LiveRecord extends Pick<LogRecord, 'level' | 'serviceName' | 'message'> {
  readonly line: string;
  readonly traceId?: string;
  readonly correlationId?: string;
  readonly fingerprint?: string;
}
