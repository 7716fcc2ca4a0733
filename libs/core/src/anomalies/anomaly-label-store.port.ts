import type { AnomalyLabelId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { AnomalyLabel } from './anomaly-label';

/** What people say about anomalies. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class AnomalyLabelStore {
  /** The newest first. A project has few. */
  abstract list(scope: ProjectScope): Promise<readonly AnomalyLabel[]>;
  /** False, changing nothing, where it would be one more than `most`. Errors: `not_found` for a project that is gone. */
  abstract add(scope: ProjectScope, label: AnomalyLabel, most: number): Promise<boolean>;
  /** Lets proposed labels take effect; those that did already keep their instant. Returns how many are new to it. */
  abstract apply(scope: ProjectScope, ids: readonly AnomalyLabelId[], appliedAtMs: number): Promise<number>;
  /** False where there is no such label. */
  abstract delete(scope: ProjectScope, id: AnomalyLabelId): Promise<boolean>;
}
