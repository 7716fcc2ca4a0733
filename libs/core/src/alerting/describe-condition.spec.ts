import { describeCondition } from './describe-condition';
import type { RuleCondition } from './rule';

const metric: RuleCondition = {
  kind: 'metric_threshold',
  metricName: 'latency_ms',
  aggregation: 'p95',
  operator: '>',
  threshold: 500,
  groupByService: false,
};
const logs: RuleCondition = { kind: 'log_count', operator: '>=', threshold: 10, groupByService: false };

const anomaly: RuleCondition = {
  kind: 'anomaly',
  metricName: 'latency_ms_p95',
  serviceName: 'checkout',
  aggregation: 'avg',
  method: 'adaptive',
  groupByService: false,
};

describe('describeCondition', () => {
  it.each<[RuleCondition, number, Record<string, string>, string]>([
    [metric, 300, {}, 'p95(latency_ms) > 500 over 5m'],
    [{ ...metric, serviceName: 'checkout' }, 300, {}, 'p95(latency_ms) of checkout > 500 over 5m'],
    [{ ...metric, groupByService: true }, 90, {}, 'p95(latency_ms) by service > 500 over 1m30s'],
    [
      { ...metric, groupByService: true },
      60,
      { service_name: 'cart' },
      'p95(latency_ms) of cart > 500 over 1m',
    ],
    [
      { ...metric, tags: { region: 'eu', host: 'a' } },
      60,
      {},
      'p95(latency_ms{region=eu, host=a}) > 500 over 1m',
    ],
    [anomaly, 300, {}, 'avg(latency_ms_p95) of checkout is anomalous (adaptive) over 5m'],
    [
      { ...anomaly, method: 'z-score', threshold: 4, direction: 'up', minRelativeDeviation: 0.1 },
      300,
      {},
      'avg(latency_ms_p95) of checkout is anomalously high (z-score, 4 sigma, at least 10 % off) over 5m',
    ],
    [logs, 60, {}, 'count(logs) >= 10 over 1m'],
    [
      { ...logs, levels: ['error', 'fatal'], search: '"timed out"', serviceName: 'db' },
      60,
      {},
      'count(error|fatal logs matching "timed out") of db >= 10 over 1m',
    ],
  ])('says %j over %d s', (condition, windowSeconds, labels, words) => {
    expect(describeCondition({ condition, windowSeconds }, labels)).toBe(words);
  });
});
