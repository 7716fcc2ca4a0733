import { describeCondition } from './describe-condition';
import type { Rule } from './rule';
import type { AlertLabels, Transition } from './rule-state';

/** A change of one alert's state, with what others need to know of its rule. */
export function toTransition(
  rule: Rule,
  labels: AlertLabels,
  change: Pick<Transition, 'kind' | 'episodeId' | 'sinceMs' | 'value'>,
  atMs: number,
): Transition {
  const serviceName = labels['service_name'] ?? rule.condition.serviceName;
  return {
    ...change,
    projectId: rule.projectId,
    ruleId: rule.id,
    ruleName: rule.name,
    labels,
    evaluatedAtMs: atMs,
    threshold: rule.condition.threshold,
    condition: describeCondition(rule, labels),
    severity: rule.severity,
    incidentGroup: rule.incidentGroup,
    ...(serviceName !== undefined && { serviceName }),
  };
}
