import { formatDurationSeconds } from '../common/duration';
import type { AnomalyCondition, LogCountCondition, MetricThresholdCondition, Rule } from './rule';
import type { AlertLabels } from './rule-state';

/**
 * A rule's condition in words, for one alert of it or (without labels) for the rule itself:
 * `p95(latency_ms) of checkout > 500 over 5m`, `count(error|fatal logs) by service > 10 over 1m`,
 * `avg(latency_ms) of checkout is anomalous (adaptive) over 5m`.
 */
export function describeCondition(
  rule: Pick<Rule, 'condition' | 'windowSeconds'>,
  labels: AlertLabels = {},
): string {
  const { condition } = rule;
  const subject = condition.kind === 'log_count' ? describeLogs(condition) : describeMetric(condition);
  const service = labels['service_name'] ?? condition.serviceName;
  const whose = service !== undefined ? ` of ${service}` : condition.groupByService ? ' by service' : '';
  const window = formatDurationSeconds(rule.windowSeconds);
  const holds =
    condition.kind === 'anomaly'
      ? describeAnomaly(condition)
      : `${condition.operator} ${condition.threshold}`;
  return `${subject}${whose} ${holds} over ${window}`;
}

function describeAnomaly({ method, threshold, direction, minRelativeDeviation }: AnomalyCondition): string {
  const which =
    direction === 'up' ? 'anomalously high' : direction === 'down' ? 'anomalously low' : 'anomalous';
  const details = [
    method,
    ...(threshold === undefined ? [] : [`${threshold} sigma`]),
    ...(minRelativeDeviation === undefined
      ? []
      : [`at least ${Number((minRelativeDeviation * 100).toPrecision(3))} % off`]),
  ];
  return `is ${which} (${details.join(', ')})`;
}

function describeMetric({
  aggregation,
  metricName,
  tags,
}: MetricThresholdCondition | AnomalyCondition): string {
  const chosen = Object.entries(tags ?? {}).map(([key, value]) => `${key}=${value}`);
  return `${aggregation}(${metricName}${chosen.length > 0 ? `{${chosen.join(', ')}}` : ''})`;
}

function describeLogs({ levels, search }: LogCountCondition): string {
  const which = levels === undefined || levels.length === 0 ? 'logs' : `${levels.join('|')} logs`;
  return `count(${which}${search === undefined ? '' : ` matching ${search}`})`;
}
