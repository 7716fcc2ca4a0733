import type { Fingerprint } from '../common/ids';
import type { TimeRange } from '../common/time-range';
import type { LogLevel } from './log-level';
import type { LogRecord } from './log-record';

/** What selects records. Every given part must hold. */
export interface LogFilter {
  /** Of the record's own timestamp. */
  readonly range: TimeRange;
  /** Of the instant at which OpsPilot took it in. */
  readonly receivedRange?: TimeRange;
  readonly levels?: readonly LogLevel[];
  readonly serviceName?: string;
  /**
   * Words that must all occur in the message, in any order, without regard to case; a part in double quotes must occur
   * as those words in a row. A word is a run of letters and digits.
   */
  readonly search?: string;
  readonly traceId?: string;
  readonly correlationId?: string;
  readonly fingerprint?: Fingerprint;
  /** Whose context has this field with exactly this value; values of more than 256 bytes need not be found. */
  readonly contextField?: ContextField;
}

/** A field of a record's context and its value as text, such as `500` or `true`. Null is no value. */
export interface ContextField {
  readonly key: string;
  readonly value: string;
}

export interface LogQuery extends LogFilter {
  readonly limit: number;
  /** Records to skip; for short pages only. Not together with `cursor`. */
  readonly offset?: number;
  readonly cursor?: string;
  /** By (timestamp, id). */
  readonly order: 'asc' | 'desc';
}

/** A record with its neighbours of the same service, in order of time. */
export interface LogContext {
  readonly before: readonly LogRecord[];
  readonly record: LogRecord;
  readonly after: readonly LogRecord[];
}

export interface VolumeBucket {
  readonly startMs: number;
  readonly count: number;
  readonly byLevel: Readonly<Partial<Record<LogLevel, number>>>;
}

export type LogGroupField = 'level' | 'service_name' | 'fingerprint';

export interface LogGroupCount {
  readonly key: string;
  readonly count: number;
}

/** So that many long messages together do not fill the memory of whoever asks. */
export const MAX_EXAMPLE_CHARS = 4096;

/** All records of one fingerprint (and service) within a range. */
export interface FingerprintCount {
  readonly fingerprint: Fingerprint;
  readonly serviceName: string;
  readonly level: LogLevel;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The message of one of them, of which the first MAX_EXAMPLE_CHARS, and its id. */
  readonly example: string;
  readonly exampleId: string;
}

/** How many records of a fingerprint lie in one bucket; buckets without any are left out. */
export interface FingerprintVolume {
  readonly fingerprint: Fingerprint;
  readonly startMs: number;
  readonly count: number;
}

/** One question of a rule: how many records match, optionally per service. `key` comes back with each answer. */
export interface LogCountRequest {
  readonly key: string;
  readonly filter: LogFilter;
  readonly groupByService: boolean;
}

export interface LogCountAnswer {
  readonly key: string;
  /** Present where the request grouped by service. */
  readonly serviceName?: string;
  readonly count: number;
}
