import type { RuleId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { IntervalSeconds } from './rule';
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
  /**
   * Saves, as `save` does, what an evaluation at an instant between two scheduled ones decided, if that instant was claimed
   * (EvaluationCursorStore.claim) and no later one of the interval was: an evaluation of a later instant may have read the
   * states before this one. False where nothing was saved for that reason.
   */
  abstract saveRequested(
    scope: ProjectScope,
    intervalSeconds: IntervalSeconds,
    evaluatedAtMs: number,
    states: readonly StoredRuleState[],
    transitions: readonly Transition[],
  ): Promise<boolean>;
  /** Forgets the states of a rule that were evaluated up to this instant, so that it starts afresh. */
  abstract clear(scope: ProjectScope, ruleId: RuleId, upToMs: number): Promise<void>;
  /** The transitions that were saved for exactly this instant: what a retry after a lost answer returns. */
  abstract transitionsAt(
    scope: ProjectScope,
    evaluatedAtMs: number,
    ruleIds: readonly RuleId[],
  ): Promise<readonly Transition[]>;
  /** The transitions that were saved for instants after the one and up to the other, in order of time. */
  abstract transitionsBetween(
    scope: ProjectScope,
    afterMs: number,
    throughMs: number,
    ruleIds: readonly RuleId[],
  ): Promise<readonly Transition[]>;
  /**
   * The transitions that were saved for instants up to this one and of which no incident tells, the oldest first, `limit` at most: a
   * `fired` whose episode is on no incident, and a `resolved` of an alert that goes on on an unresolved one, or whose `fired` is
   * among them.
   */
  abstract undelivered(scope: ProjectScope, throughMs: number, limit: number): Promise<readonly Transition[]>;
}
