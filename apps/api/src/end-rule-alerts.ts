import { endAlerts } from '../../../libs/core/src/alerting/end-alerts';
import type { Rule } from '../../../libs/core/src/alerting/rule';
import type { Transition } from '../../../libs/core/src/alerting/rule-state';
import type { RuleStateStore } from '../../../libs/core/src/alerting/rule-state-store.port';
import type { TransitionHandover } from '../../../libs/core/src/alerting/transition-handover.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';

/**
 * Ends the alerts of a rule that is disabled already, so that no evaluation saves a state of it any more. The states go
 * last: whatever happens before, asking again ends the same alerts, and hearing of an end twice is harmless.
 */
export async function endRuleAlerts(
  deps: { readonly states: RuleStateStore; readonly handover: TransitionHandover },
  scope: ProjectScope,
  rule: Rule,
  endedBy: NonNullable<Transition['endedBy']>,
  nowMs: number,
): Promise<void> {
  const states = await deps.states.load(scope, [rule.id]);
  if (states.length === 0) return;
  const lastAtMs = Math.max(...states.map(({ evaluatedAtMs }) => evaluatedAtMs));
  const decided = await deps.states.transitionsAt(scope, lastAtMs, [rule.id]);
  const ended = endAlerts(rule, states, endedBy, nowMs);
  const begun = await transitionsOf(deps.states, scope, rule, [...decided, ...ended], lastAtMs);
  await deps.handover.deliver(scope, [...begun, ...ended]);
  await deps.states.clear(scope, rule.id, lastAtMs);
}

/**
 * All that evaluations decided of these alerts, in order. What the last ones decided may not have been handed over yet,
 * and an alert cannot end that nobody has heard of.
 */
async function transitionsOf(
  states: RuleStateStore,
  scope: ProjectScope,
  rule: Rule,
  alerts: readonly Transition[],
  lastAtMs: number,
): Promise<readonly Transition[]> {
  if (alerts.length === 0) return [];
  const beganAtMs = Math.min(...alerts.map(({ sinceMs }) => sinceMs));
  const episodes = new Set(alerts.map(({ episodeId }) => episodeId));
  const decided = await states.transitionsBetween(scope, beganAtMs - 1, lastAtMs, [rule.id]);
  return decided.filter(({ episodeId }) => episodes.has(episodeId));
}
