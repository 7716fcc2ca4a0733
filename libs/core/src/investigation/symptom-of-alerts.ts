import type { RootCauseInput } from '../../../analysis/src/root-cause';
import type { Transition } from '../alerting/rule-state';
import type { RuleCondition } from '../alerting/rule';

export interface AlertWithRule {
  readonly transition: Pick<Transition, 'evaluatedAtMs' | 'serviceName'>;
  /** Absent where it has been deleted since. */
  readonly rule: { readonly condition: RuleCondition } | undefined;
}

/**
 * What the ranking is told of how an incident was noticed: when the first alert fired, its metric where its rule is about one, and the
 * metrics of all that fired with it.
 * Those that fired later say nothing of that, and which of them have joined depends on how late the investigation begins. Nothing
 * of an incident without alerts, such as one that a person opened.
 */
export function symptomOfAlerts(
  alerts: readonly AlertWithRule[],
): Pick<RootCauseInput, 'alertedAtMs' | 'symptom' | 'alertedMetrics'> {
  if (alerts.length === 0) return {};
  const alertedAtMs = Math.min(...alerts.map(({ transition }) => transition.evaluatedAtMs));
  const symptoms = alerts.flatMap(({ transition, rule }) => {
    const condition = rule?.condition;
    if (transition.evaluatedAtMs > alertedAtMs || condition === undefined || condition.kind === 'log_count')
      return [];
    const serviceName = transition.serviceName ?? condition.serviceName ?? '';
    return [{ serviceName, metricName: condition.metricName }];
  });
  const [symptom] = symptoms;
  if (symptom === undefined) return { alertedAtMs };
  return { alertedAtMs, symptom, alertedMetrics: [...new Set(symptoms.map(({ metricName }) => metricName))] };
}
