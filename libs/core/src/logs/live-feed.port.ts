import type { EncodedBatch } from '../ingest/write-outcome';
import type { ProjectScope } from '../projects/project-scope';
import type { LogFilter } from './log-query';

/** What selects records that are yet to come. Every given part must hold, and means what it means in a LogFilter. */
export type LiveFilter = Omit<LogFilter, 'range' | 'receivedRange' | 'contextField'>;

/** What a reader gets at a time. */
export interface LiveBatch {
  /** Canonical records, one JSON object each, as log-batch.message.ts has them. */
  readonly lines: readonly string[];
  /** How many records of the project were passed over before these, because somebody on the way was too slow. Some may not have matched. */
  readonly lost: number;
}

/**
 * Log records as they come, for those who watch. Best effort: what is lost is counted, never waited for. A record that is
 * stored twice may be shown twice.
 */
export abstract class LiveFeed {
  /** Returns at once and never fails; costs next to nothing while nobody reads the project. Takes the NDJSON lines of log-batch.message.ts. */
  abstract publish(scope: ProjectScope, batch: EncodedBatch): void;
  /**
   * Resolves when the reading has begun; it ends when `signal` aborts or `onBatch` rejects. While `onBatch` has not resolved,
   * records wait for it in a bounded buffer, of which the oldest are lost. Errors: OpsError `unavailable`.
   */
  abstract subscribe(
    scope: ProjectScope,
    filter: LiveFilter,
    onBatch: (batch: LiveBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}
