import type { Rule } from './rule';
import type { StoredRuleState, Transition } from './rule-state';
import { toTransition } from './to-transition';

/**
 * The ends of a rule's alerts where no evaluation will ever end them, because the rule is evaluated no more. One
 * `resolved` for every state that fires, as of the instant at which the rule was switched off; pending ones have told
 * nobody, so they end in silence.
 */
export function endAlerts(
  rule: Rule,
  states: readonly StoredRuleState[],
  endedBy: NonNullable<Transition['endedBy']>,
  atMs: number,
): readonly Transition[] {
  return states.flatMap(({ labels, state }) => {
    if (state.phase !== 'firing') return [];
    const { episodeId, sinceMs } = state;
    return [{ ...toTransition(rule, labels, { kind: 'resolved', episodeId, sinceMs }, atMs), endedBy }];
  });
}
