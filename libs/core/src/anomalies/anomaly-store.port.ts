import type { Page, PageRequest } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { SeriesKey } from '../metrics/sample';
import type { ProjectScope } from '../projects/project-scope';
import type {
  AnomalyFilter,
  SeriesJudgement,
  SeriesProgress,
  SeriesState,
  ServiceScore,
  ServiceScoreLine,
  StoredAnomaly,
} from './stored-anomaly';

/**
 * What anomaly detection has found, and how far it is with each series. Errors: OpsError `unavailable` when the engine does
 * not answer.
 */
export abstract class AnomalyStore {
  /** Of all series that were ever judged, at most `limit`, those that were judged last first. */
  abstract listProgress(scope: ProjectScope, limit: number): Promise<readonly SeriesProgress[]>;
  /** The states of these series; series that are not known are left out. */
  abstract loadStates(scope: ProjectScope, series: readonly SeriesKey[]): Promise<readonly SeriesState[]>;
  /**
   * Saves each judgement, its anomalies included, where its series still stands at `expectedToMs`; returns how many it saved.
   * Of two runs at the same time only one counts. An anomaly that is there already stays as it is.
   * Errors: `not_found` for a project that is gone.
   */
  abstract save(scope: ProjectScope, judgements: readonly SeriesJudgement[]): Promise<number>;
  /** Notes for series that stand within the range that there was nothing to judge up to its end. */
  abstract skipTo(scope: ProjectScope, range: TimeRange): Promise<void>;
  /** Adds or replaces the score of each service and instant. Errors: `not_found` for a project that is gone. */
  abstract saveServiceScores(scope: ProjectScope, scores: readonly ServiceScore[]): Promise<void>;
  /** The newest first. */
  abstract list(scope: ProjectScope, filter: AnomalyFilter, page: PageRequest): Promise<Page<StoredAnomaly>>;
  /** The services with the highest score in the range first, at most `limit`. */
  abstract listServiceScores(
    scope: ProjectScope,
    filter: { readonly range: TimeRange; readonly serviceName?: string },
    bucketSeconds: number,
    limit: number,
  ): Promise<readonly ServiceScoreLine[]>;
  /** Deletes what is older: anomalies, scores, and series that have not been judged since. Returns how many anomalies. */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number>;
}
