import type { RuleCondition } from '../alerting/rule';
import { type AlertWithRule, symptomOfAlerts } from './symptom-of-alerts';

const onMetric: RuleCondition = {
  kind: 'metric_threshold',
  metricName: 'latency_ms',
  aggregation: 'avg',
  operator: '>',
  threshold: 500,
  groupByService: true,
  serviceName: 'checkout',
};
const onLogs: RuleCondition = { kind: 'log_count', operator: '>', threshold: 5, groupByService: false };

const alert = (evaluatedAtMs: number, condition?: RuleCondition, serviceName?: string): AlertWithRule => ({
  transition: { evaluatedAtMs, ...(serviceName !== undefined && { serviceName }) },
  rule: condition === undefined ? undefined : { condition },
});

describe('symptomOfAlerts', () => {
  it.each<[string, readonly AlertWithRule[], object]>([
    ['no alert', [], {}],
    ['an alert whose rule is gone', [alert(7)], { alertedAtMs: 7 }],
    ['an alert on log records', [alert(7, onLogs)], { alertedAtMs: 7 }],
    [
      'an alert on a metric',
      [alert(7, onMetric)],
      {
        alertedAtMs: 7,
        symptom: { serviceName: 'checkout', metricName: 'latency_ms' },
        alertedMetrics: ['latency_ms'],
      },
    ],
    [
      'an alert on log records that one on a metric followed',
      [alert(8, onMetric), alert(7, onLogs)],
      { alertedAtMs: 7 },
    ],
    [
      'two alerts that fired together',
      [alert(7, onLogs), alert(7, onMetric)],
      {
        alertedAtMs: 7,
        symptom: { serviceName: 'checkout', metricName: 'latency_ms' },
        alertedMetrics: ['latency_ms'],
      },
    ],
    [
      'two alerts on metrics that fired together',
      [alert(7, onMetric), alert(7, { ...onMetric, metricName: 'cpu' }), alert(7, onMetric)],
      {
        alertedAtMs: 7,
        symptom: { serviceName: 'checkout', metricName: 'latency_ms' },
        alertedMetrics: ['latency_ms', 'cpu'],
      },
    ],
    [
      'several alerts',
      [alert(9, onLogs), alert(8, onMetric, 'cart'), alert(10, onMetric)],
      {
        alertedAtMs: 8,
        symptom: { serviceName: 'cart', metricName: 'latency_ms' },
        alertedMetrics: ['latency_ms'],
      },
    ],
  ])('of %s', (_what, alerts, expected) => {
    expect(symptomOfAlerts(alerts)).toEqual(expected);
  });
});
