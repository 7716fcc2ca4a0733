import type { RootCauseInput } from '../../../analysis/src/root-cause';
import type { Transition } from '../alerting/rule-state';
import type { RuleCondition } from '../alerting/rule';

export interface AlertWithRule {
  readonly transition: Pick<Transition, 'evaluatedAtMs' | 'serviceName'>;
  /** Absent where it has been deleted since. */
  readonly rule: { readonly condition: RuleCondition } | undefined;
}

/**
 * What the ranking is told of how an incident was noticed: when the first alert fired, and its metric where its rule is about one.
 * Those that fired later say nothing of that, and which of them have joined depends on how late the investigation begins. Nothing
 * of an incident without alerts, such as one that a person opened.
 */
export function symptomOfAlerts(
  alerts: readonly AlertWithRule[],
): Pick<RootCauseInput, 'alertedAtMs' | 'symptom'> {
  if (alerts.length === 0) return {};
  const alertedAtMs = Math.min(...alerts.map(({ transition }) => transition.evaluatedAtMs));
  for (const { transition, rule } of alerts) {
    if (transition.evaluatedAtMs > alertedAtMs) continue;
    const condition = rule?.condition;
    if (condition === undefined || condition.kind === 'log_count') continue;
    const serviceName = transition.serviceName ?? condition.serviceName ?? '';
    return { alertedAtMs, symptom: { serviceName, metricName: condition.metricName } };
  }
  return { alertedAtMs };
}
