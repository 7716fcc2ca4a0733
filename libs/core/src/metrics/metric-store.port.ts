import type { Page, PageRequest } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { EncodedBatch, WriteOutcome } from '../ingest/write-outcome';
import type { ProjectScope } from '../projects/project-scope';
import type { DroppedDay, GoOn, OnDropped, ReadLimits } from '../projects/retention';
import type {
  MetricAnswer,
  MetricLine,
  MetricQuery,
  SeriesFilter,
  WindowAnswer,
  WindowRequest,
} from './metric-query';
import type { SeriesKey } from './sample';

/** Where samples are kept. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class MetricStore {
  /**
   * Makes room in the engine for records around that instant. For the writer, at its start and every hour; doing it
   * again changes nothing.
   */
  abstract ensurePartitions(nowMs: number): Promise<void>;
  /**
   * Writes the canonical NDJSON lines of metric-batch.message.ts, durably when it returns. A second value for the same
   * series and instant is a duplicate and changes nothing. Where the project has as many series as it may, samples of others are rejected
   * with that reason.
   */
  abstract write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome>;
  abstract listSeries(scope: ProjectScope, filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesKey>>;
  abstract query(scope: ProjectScope, query: MetricQuery): Promise<MetricAnswer>;
  /** Averages per bucket of every series that has samples in the range, for comparing windows. At most `limit` series. */
  abstract sweep(
    scope: ProjectScope,
    range: TimeRange,
    bucketSeconds: number,
    limit: number,
  ): Promise<readonly MetricLine[]>;
  /** Answers all requests of a tick together. */
  abstract aggregateWindows(
    scope: ProjectScope,
    requests: readonly WindowRequest[],
  ): Promise<readonly WindowAnswer[]>;
  /**
   * Timestamp of the oldest sample (epoch milliseconds, rounded down); undefined where there is none, or none before the
   * given instant. It is looked for through all days before that, which for many series may take seconds.
   */
  abstract oldest(scope: ProjectScope, beforeMs?: number): Promise<number | undefined>;
  /**
   * Deletes samples with an older timestamp, portion by portion for as long as `goOn` says so; returns how many. A repeat goes on
   * where it broke off.
   */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number, goOn?: GoOn): Promise<number>;
  /**
   * Drops the days, or what else the engine keeps together, that hold only samples older than the limits of their projects, at next
   * to no cost however many samples there are. Samples of a project without a limit are never touched. What comes late for
   * such a day afterwards is kept like any other. Tells of each day as it is gone, also where others then fail. Errors: OpsError
   * `unavailable` also where the engine was too busy.
   */
  abstract dropDays(readLimits: ReadLimits, onDropped?: OnDropped): Promise<readonly DroppedDay[]>;
  /**
   * Forgets the names of series that were made before an instant (epoch milliseconds) and have no sample any more, portion by portion for
   * as long as `goOn` says so; returns how many. Samples that come for one later make it anew: none is lost. A repeat goes on where it broke
   * off.
   */
  abstract forgetSeries(scope: ProjectScope, madeBeforeMs: number, goOn?: GoOn): Promise<number>;
}
