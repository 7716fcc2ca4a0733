import type { Page, PageRequest } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { EncodedBatch, WriteOutcome } from '../ingest/write-outcome';
import type { ProjectScope } from '../projects/project-scope';
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
   * series and instant is a duplicate and changes nothing.
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
  /** Deletes samples with an older timestamp; returns how many. */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number>;
}
