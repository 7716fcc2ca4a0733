import { usualSigma } from '../anomalies/anomaly-question';
import { runbookKey } from '../incidents/runbook';
import { describeCondition } from './describe-condition';
import type { Rule, RuleCondition } from './rule';
import type { AlertLabels, Transition } from './rule-state';

/** A rule names its runbook by this label. */
const RUNBOOK_LABEL = 'runbook';

/** A change of one alert's state, with what others need to know of its rule. */
export function toTransition(
  rule: Rule,
  labels: AlertLabels,
  change: Pick<Transition, 'kind' | 'episodeId' | 'sinceMs' | 'value'>,
  atMs: number,
): Transition {
  const { [RUNBOOK_LABEL]: runbook = '' } = rule.labels;
  const serviceName = labels['service_name'] ?? rule.condition.serviceName;
  return {
    ...change,
    projectId: rule.projectId,
    ruleId: rule.id,
    ruleName: rule.name,
    labels,
    evaluatedAtMs: atMs,
    threshold: thresholdOf(rule.condition),
    condition: describeCondition(rule, labels),
    severity: rule.severity,
    incidentGroup: rule.incidentGroup,
    ...(serviceName !== undefined && { serviceName }),
    ...(runbookKey(runbook) !== undefined && { runbook }),
  };
}

/** Of an anomaly: standard deviations. */
function thresholdOf(condition: RuleCondition): number {
  return condition.kind === 'anomaly'
    ? (condition.threshold ?? usualSigma(condition.method))
    : condition.threshold;
}
