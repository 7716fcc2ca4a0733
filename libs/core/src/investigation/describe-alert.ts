import type { Transition } from '../alerting/rule-state';
import type { Rule } from '../alerting/rule';
import type { IncidentId } from '../common/ids';
import { toIso } from '../common/time-range';
import { chooseBucketSeconds } from './choose-scope';
import type { EvidenceDraft } from './evidence-draft';
import { logsPath, metricPath } from './evidence-query';
import { plainText } from '../common/plain-text';
import { quoteLogText } from './quote-log-text';

/**
 * The alert that an incident is made of. `rule` is absent where it has been deleted since. Windows end `evaluationDelayMs`
 * before the instant that they are evaluated for.
 */
export function describeAlert(
  transition: Transition,
  rule: Rule | undefined,
  incidentId: IncidentId,
  evaluationDelayMs: number,
): EvidenceDraft {
  const { ruleName, severity, serviceName, condition, value, sinceMs, evaluatedAtMs } = transition;
  const where = serviceName === undefined ? '' : ` for ${plainText(serviceName, 60)}`;
  const measured = value === undefined ? '' : `, measured ${Number(value.toPrecision(4))}`;
  return {
    ref: `alert:${transition.episodeId}`,
    kind: 'alert',
    ...(serviceName === undefined ? {} : { serviceName }),
    summary: `The alert ${quoteLogText(ruleName)} (${severity}) fired${where} at ${toIso(evaluatedAtMs)}: ${plainText(condition, 160)} since ${toIso(sinceMs)}${measured}.`,
    query:
      rule === undefined
        ? `/api/incidents/${encodeURIComponent(incidentId)}/timeline`
        : dataOfRule(rule, transition, evaluationDelayMs),
    result: {
      rule_id: transition.ruleId,
      rule_name: plainText(ruleName, 200),
      condition: plainText(condition, 300),
      severity,
      labels: transition.labels,
      since: toIso(sinceMs),
      evaluated_at: toIso(evaluatedAtMs),
      threshold: transition.threshold,
      ...(value === undefined ? {} : { value }),
    },
  };
}

/** The request that shows what the rule looked at when it fired: exactly the window that was evaluated. */
function dataOfRule(
  { condition, windowSeconds }: Rule,
  transition: Transition,
  evaluationDelayMs: number,
): string {
  const toMs = transition.evaluatedAtMs - evaluationDelayMs;
  const range = { fromMs: toMs - windowSeconds * 1000, toMs };
  const serviceName = condition.serviceName ?? transition.serviceName;
  if (condition.kind === 'log_count') {
    return logsPath(range, { level: condition.levels?.join(','), serviceName, search: condition.search });
  }
  return metricPath(range, {
    metricName: condition.metricName,
    serviceName,
    tags: condition.tags,
    aggregation: condition.aggregation,
    bucketSeconds: chooseBucketSeconds(range),
  });
}
