import type { LogId } from '../common/ids';
import type { Page } from '../common/page';
import type { EncodedBatch, WriteOutcome } from '../ingest/write-outcome';
import type { ProjectScope } from '../projects/project-scope';
import type {
  FingerprintCount,
  LogContext,
  LogCountAnswer,
  LogCountRequest,
  LogFilter,
  LogGroupCount,
  LogGroupField,
  LogQuery,
  VolumeBucket,
} from './log-query';
import type { LogRecord } from './log-record';

/** Where log records are kept and searched. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class LogStore {
  /**
   * Makes room in the engine for records around that instant. For the writer, at its start and every hour; doing it
   * again changes nothing.
   */
  abstract ensurePartitions(nowMs: number): Promise<void>;
  /**
   * Writes the canonical NDJSON lines of log-batch.message.ts, durably when it returns. Writing an id again changes
   * nothing. A line that the engine refuses is reported by index and leaves its neighbours untouched.
   */
  abstract write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome>;
  abstract search(scope: ProjectScope, query: LogQuery): Promise<Page<LogRecord>>;
  abstract find(scope: ProjectScope, id: LogId): Promise<LogRecord | undefined>;
  /** Neighbours in the same service; undefined where there is no such record. */
  abstract context(
    scope: ProjectScope,
    id: LogId,
    counts: { readonly before: number; readonly after: number },
  ): Promise<LogContext | undefined>;
  /** Counts per bucket of the range, empty buckets included. Bucket starts are multiples of the width since 1970. */
  abstract volume(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
  ): Promise<readonly VolumeBucket[]>;
  /** The largest groups first. */
  abstract countBy(
    scope: ProjectScope,
    filter: LogFilter,
    field: LogGroupField,
    limit: number,
  ): Promise<readonly LogGroupCount[]>;
  /** Counts per (fingerprint, service), the largest first. */
  abstract countFingerprints(
    scope: ProjectScope,
    filter: LogFilter,
    limit: number,
  ): Promise<readonly FingerprintCount[]>;
  /** Answers all requests of a tick together. A request without matches gives one answer with count 0, unless grouped. */
  abstract countMany(
    scope: ProjectScope,
    requests: readonly LogCountRequest[],
  ): Promise<readonly LogCountAnswer[]>;
  /** Deletes records with an older timestamp; returns how many. */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number>;
}
