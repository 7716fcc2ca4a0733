import type { RuleId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { StoredRuleState, Transition } from './rule-state';

/** What evaluations remember from one instant to the next, per rule and label set. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class RuleStateStore {
  abstract load(scope: ProjectScope, ruleIds: readonly RuleId[]): Promise<readonly StoredRuleState[]>;
  /**
   * Saves what an evaluation at one instant decided, in one transaction. A state whose stored evaluation is as late or
   * later is left alone (compare-and-set by instant), so a retry writes nothing new; transitions are kept only with a
   * state that was written. States of deleted and of disabled rules
   * fall out, also where the rule was enabled when the evaluation began. What is a week older than this instant is forgotten:
   * transitions, and states that are inactive.
   */
  abstract save(
    scope: ProjectScope,
    evaluatedAtMs: number,
    states: readonly StoredRuleState[],
    transitions: readonly Transition[],
  ): Promise<void>;
  /** Forgets the states of a rule that were evaluated up to this instant, so that it starts afresh. */
  abstract clear(scope: ProjectScope, ruleId: RuleId, upToMs: number): Promise<void>;
  /** The transitions that were saved for exactly this instant: what a retry after a lost answer returns. */
  abstract transitionsAt(
    scope: ProjectScope,
    evaluatedAtMs: number,
    ruleIds: readonly RuleId[],
  ): Promise<readonly Transition[]>;
}
