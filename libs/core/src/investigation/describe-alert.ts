import { describeCondition } from '../alerting/describe-condition';
import { describeValue } from '../alerting/describe-value';
import type { Transition } from '../alerting/rule-state';
import type { Rule } from '../alerting/rule';
import { ruleBucketSeconds, trainingWindow } from '../anomalies/training-window';
import type { IncidentId } from '../common/ids';
import { toIso } from '../common/time-range';
import { chooseWholeBucketSeconds } from './choose-scope';
import type { EvidenceDraft } from './evidence-draft';
import { logsPath, metricPath } from './evidence-query';
import { plainText } from '../common/plain-text';
import { plainService, quoteLogText } from './quote-log-text';

/**
 * The alert that an incident is made of. `rule` is absent where it has been deleted since; of one that asks for something else by
 * now, the data are not shown either. Windows end `evaluationDelayMs`
 * before the instant that they are evaluated for.
 */
export function describeAlert(
  transition: Transition,
  rule: Rule | undefined,
  incidentId: IncidentId,
  evaluationDelayMs: number,
): EvidenceDraft {
  const { ruleName, severity, serviceName, condition, value, threshold, sinceMs, evaluatedAtMs } = transition;
  const where = serviceName === undefined ? '' : ` for ${plainService(serviceName)}`;
  const measured = value === undefined ? '' : `, measured ${describeValue(value, threshold)}`;
  return {
    ref: `alert:${transition.episodeId}`,
    kind: 'alert',
    ...(serviceName === undefined ? {} : { serviceName }),
    summary: `The alert ${quoteLogText(ruleName)} (${severity}) fired${where} at ${toIso(evaluatedAtMs)}: ${plainText(condition, 300)} since ${toIso(sinceMs)}${measured}.`,
    query:
      rule === undefined || describeCondition(rule, transition.labels) !== condition
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

/** The request that shows the value that the rule measured when it fired: exactly the window that was evaluated. */
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
  const { metricName, tags, aggregation } = condition;
  const groupBy = condition.groupByService ? 'service' : 'all';
  const question = { metricName, serviceName, tags, aggregation, groupBy } as const;
  if (condition.kind === 'metric_threshold') {
    return metricPath(range, { ...question, bucketSeconds: chooseWholeBucketSeconds(range) });
  }
  // The value of an anomaly is that of one bucket.
  const bucketSeconds = ruleBucketSeconds(windowSeconds);
  const judged = trainingWindow(range, bucketSeconds);
  return metricPath({ fromMs: judged.judgeFromMs, toMs: judged.range.toMs }, { ...question, bucketSeconds });
}
