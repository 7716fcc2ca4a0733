import type { Fingerprint, LogId } from '../common/ids';
import type { Page } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { EncodedBatch, WriteOutcome } from '../ingest/write-outcome';
import type { ProjectScope } from '../projects/project-scope';
import type { DroppedDay, GoOn, OnDropped, ReadLimits } from '../projects/retention';
import type { MinuteServiceEdge, ServiceEdgeLimits } from '../services/service-edge';
import type {
  FingerprintCount,
  FingerprintVolume,
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
  /**
   * Does what the engine has put off while records came in around that instant, and what slows searches down until it is done.
   * For the writer, a moment after it has written. Where nothing is put off, this costs next to nothing.
   */
  abstract settle(nowMs: number): Promise<void>;
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
  /** Counts per (fingerprint, service), the largest first, without the fingerprints that are known already. */
  abstract countFingerprints(
    scope: ProjectScope,
    filter: LogFilter,
    limit: number,
    known?: readonly Fingerprint[],
  ): Promise<readonly FingerprintCount[]>;
  /** Counts of these fingerprints per bucket, all services together. Bucket starts are multiples of the width since 1970. */
  abstract fingerprintVolume(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
    fingerprints: readonly Fingerprint[],
  ): Promise<readonly FingerprintVolume[]>;
  /** Answers all requests of a tick together. A request without matches gives one answer with count 0, unless grouped. */
  abstract countMany(
    scope: ProjectScope,
    requests: readonly LogCountRequest[],
  ): Promise<readonly LogCountAnswer[]>;
  /**
   * Who called whom in each minute of the range (whole minutes), from records that share a trace id. A minute's answer depends
   * on the records up to two minutes around it and on the limits, not on the range. A parent span is what a record's
   * `context.parent_span_id` names.
   */
  abstract countEdges(
    scope: ProjectScope,
    range: TimeRange,
    limits: ServiceEdgeLimits,
  ): Promise<readonly MinuteServiceEdge[]>;
  /** Timestamp of the oldest record (epoch milliseconds, rounded down); undefined where there is none. */
  abstract oldest(scope: ProjectScope): Promise<number | undefined>;
  /**
   * Deletes records with an older timestamp, portion by portion for as long as `goOn` says so; returns how many. A repeat goes on
   * where it broke off.
   */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number, goOn?: GoOn): Promise<number>;
  /**
   * Drops the days, or what else the engine keeps together, that hold only records older than the limits of their projects, at next
   * to no cost however many records there are. Records of a project without a limit are never touched. What comes late for
   * such a day afterwards is kept like any other. Tells of each day as it is gone, also where others then fail. Errors: OpsError
   * `unavailable` also where the engine was too busy.
   */
  abstract dropDays(readLimits: ReadLimits, onDropped?: OnDropped): Promise<readonly DroppedDay[]>;
}
