import type { RuleId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { ProjectScope } from '../projects/project-scope';
import type { IntervalSeconds, Rule } from './rule';

/** A rule before and after a change. */
export interface RuleChange {
  readonly before: Rule;
  readonly after: Rule;
}

/** The rules of a project. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class RuleStore {
  /** False, changing nothing, where it would be one more than `most`. Errors: `not_found` for a project that is gone. */
  abstract create(scope: ProjectScope, rule: Rule, most: number): Promise<boolean>;
  abstract find(scope: ProjectScope, id: RuleId): Promise<Rule | undefined>;
  /** In order of creation. */
  abstract list(scope: ProjectScope, page: PageRequest): Promise<Page<Rule>>;
  /**
   * Makes of the rule what `decide` makes of it: of two changes at once, the second is of what the first has left.
   * Undefined where this project has no such rule. The time of creation stays; that of the change never goes back.
   * Errors: those of `decide`; nothing has changed then.
   */
  abstract change(
    scope: ProjectScope,
    id: RuleId,
    decide: (rule: Rule) => Rule,
  ): Promise<RuleChange | undefined>;
  /** Deletes the rule and its states. False where this project has no such rule. */
  abstract delete(scope: ProjectScope, id: RuleId): Promise<boolean>;
  /** The enabled rules of one project and interval. */
  abstract listEnabled(scope: ProjectScope, intervalSeconds: IntervalSeconds): Promise<readonly Rule[]>;
}
