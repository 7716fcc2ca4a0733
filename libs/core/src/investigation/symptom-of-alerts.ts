import type { RootCauseInput } from '../../../analysis/src/root-cause';
import type { Transition } from '../alerting/rule-state';
import type { RuleCondition } from '../alerting/rule';

export interface AlertWithRule {
  readonly transition: Pick<Transition, 'evaluatedAtMs' | 'serviceName'>;
  /** Absent where it has been deleted since. */
  readonly rule: { readonly condition: RuleCondition } | undefined;
}

/**
 * What the ranking is told of how an incident was noticed: when the first alert fired, and the metric of the first alert of a
 * rule about one. Nothing of an incident without alerts, such as one that a person opened.
 */
export function symptomOfAlerts(
  alerts: readonly AlertWithRule[],
): Pick<RootCauseInput, 'alertedAtMs' | 'symptom'> {
  if (alerts.length === 0) return {};
  const alertedAtMs = Math.min(...alerts.map(({ transition }) => transition.evaluatedAtMs));
  for (const { transition, rule } of alerts) {
    const condition = rule?.condition;
    if (condition === undefined || condition.kind === 'log_count') continue;
    const serviceName = transition.serviceName ?? condition.serviceName ?? '';
    return { alertedAtMs, symptom: { serviceName, metricName: condition.metricName } };
  }
  return { alertedAtMs };
}
