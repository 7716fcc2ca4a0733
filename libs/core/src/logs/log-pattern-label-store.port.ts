import type { ProjectScope } from '../projects/project-scope';
import type { LogPatternLabel } from './log-pattern-label';

/** The labels that a project adds to the predefined ones. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class LogPatternLabelStore {
  /** In the order of their names, which is the order of their characters' codes. A project has few. */
  abstract list(scope: ProjectScope): Promise<readonly LogPatternLabel[]>;
  /**
   * Adds the label, or replaces the matcher of the one of that name, whose creation stays. False, changing nothing, where it
   * would be one more than `most`. Errors: `not_found` for a project that is gone.
   */
  abstract save(scope: ProjectScope, label: LogPatternLabel, most: number): Promise<boolean>;
  /** False where there is no such label. */
  abstract delete(scope: ProjectScope, name: string): Promise<boolean>;
}
