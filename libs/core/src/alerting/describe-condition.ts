import { formatDurationSeconds } from '../common/duration';
import type { LogCountCondition, MetricThresholdCondition, Rule } from './rule';
import type { AlertLabels } from './rule-state';

/**
 * A rule's condition in words, for one alert of it or (without labels) for the rule itself:
 * `p95(latency_ms) of checkout > 500 over 5m`, `count(error|fatal logs) by service > 10 over 1m`.
 */
export function describeCondition(
  rule: Pick<Rule, 'condition' | 'windowSeconds'>,
  labels: AlertLabels = {},
): string {
  const { condition } = rule;
  const subject = condition.kind === 'metric_threshold' ? describeMetric(condition) : describeLogs(condition);
  const service = labels['service_name'] ?? condition.serviceName;
  const whose = service !== undefined ? ` of ${service}` : condition.groupByService ? ' by service' : '';
  const window = formatDurationSeconds(rule.windowSeconds);
  return `${subject}${whose} ${condition.operator} ${condition.threshold} over ${window}`;
}

function describeMetric({ aggregation, metricName, tags }: MetricThresholdCondition): string {
  const chosen = Object.entries(tags ?? {}).map(([key, value]) => `${key}=${value}`);
  return `${aggregation}(${metricName}${chosen.length > 0 ? `{${chosen.join(', ')}}` : ''})`;
}

function describeLogs({ levels, search }: LogCountCondition): string {
  const which = levels === undefined || levels.length === 0 ? 'logs' : `${levels.join('|')} logs`;
  return `count(${which}${search === undefined ? '' : ` matching ${search}`})`;
}
