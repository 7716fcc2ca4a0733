import fc from 'fast-check';
import { evaluateRule } from './evaluate-rule';
import { labelsText } from './labels-text';
import {
  OPERATORS,
  type AnomalyCondition,
  type LogCountCondition,
  type MetricThresholdCondition,
} from './rule';

const metric: MetricThresholdCondition = {
  kind: 'metric_threshold',
  metricName: 'latency_ms',
  aggregation: 'p95',
  operator: '>',
  threshold: 500,
  groupByService: false,
};
const logs: LogCountCondition = {
  kind: 'log_count',
  levels: ['error'],
  operator: '>',
  threshold: 10,
  groupByService: false,
};

const anomaly: AnomalyCondition = {
  kind: 'anomaly',
  metricName: 'latency_ms',
  aggregation: 'avg',
  method: 'adaptive',
  groupByService: true,
};

describe('evaluateRule', () => {
  it('takes the word of an answer that judged its value; silence of an anomaly is no data', () => {
    const answers = [
      { serviceName: 'a', value: 9, isAnomalous: true },
      { serviceName: 'b', value: 9, isAnomalous: false },
    ];
    const results = evaluateRule(anomaly, answers, [{ service_name: 'c' }]);
    expect(results.map(({ result }) => result.outcome)).toEqual(['breach', 'clear', 'no_data']);
  });

  it.each([
    ['>', 5, [false, false, true]],
    ['>=', 5, [false, true, true]],
    ['<', 5, [true, false, false]],
    ['<=', 5, [true, true, false]],
    ['==', 5, [false, true, false]],
    ['!=', 5, [true, false, true]],
  ] as const)('compares 4, 5 and 6 by %s %d', (operator, threshold, breaches) => {
    const outcomes = [4, 5, 6].map(
      (value) => evaluateRule({ ...metric, operator, threshold }, [{ value }], [])[0]?.result.outcome,
    );
    expect(outcomes).toEqual(breaches.map((breach) => (breach ? 'breach' : 'clear')));
  });

  it.each([
    ['a metric without samples', metric, [], [{ labels: {}, result: { outcome: 'no_data' } }]],
    ['no logs at all', logs, [], [{ labels: {}, result: { outcome: 'clear', value: 0 } }]],
    [
      'no logs, where silence is the alarm',
      { ...logs, operator: '<', threshold: 1 } as const,
      [],
      [{ labels: {}, result: { outcome: 'breach', value: 0 } }],
    ],
    ['a value that is none', metric, [{ value: NaN }], [{ labels: {}, result: { outcome: 'no_data' } }]],
  ] as const)('judges %s', (_what, condition, answers, expected) => {
    expect(evaluateRule(condition, answers, [])).toEqual(expected);
  });

  it('judges each service by itself, and a service that fell silent too', () => {
    const known = [{ service_name: 'cart' }, { service_name: 'checkout' }];
    const answers = [
      { serviceName: 'checkout', value: 900 },
      { serviceName: 'search', value: 20 },
    ];
    expect(evaluateRule({ ...metric, groupByService: true }, answers, known)).toEqual([
      { labels: { service_name: 'checkout' }, result: { outcome: 'breach', value: 900 } },
      { labels: { service_name: 'search' }, result: { outcome: 'clear', value: 20 } },
      { labels: { service_name: 'cart' }, result: { outcome: 'no_data' } },
    ]);
    expect(evaluateRule({ ...logs, groupByService: true }, [], known)).toEqual([
      { labels: { service_name: 'cart' }, result: { outcome: 'clear', value: 0 } },
      { labels: { service_name: 'checkout' }, result: { outcome: 'clear', value: 0 } },
    ]);
  });

  it('ends label sets that a changed rule no longer has', () => {
    const grouped = { ...metric, groupByService: true };
    expect(evaluateRule(grouped, [], [{}])).toEqual([{ labels: {}, result: { outcome: 'gone' } }]);
    expect(evaluateRule(metric, [{ value: 1 }], [{ service_name: 'cart' }])).toContainEqual({
      labels: { service_name: 'cart' },
      result: { outcome: 'gone' },
    });
    const known = [{ service_name: 'cart' }, { service_name: 'search' }];
    expect(evaluateRule({ ...grouped, serviceName: 'search' }, [], known)).toEqual([
      { labels: { service_name: 'cart' }, result: { outcome: 'gone' } },
      { labels: { service_name: 'search' }, result: { outcome: 'no_data' } },
    ]);
  });

  it('gives exactly one result per label set, and the same whenever asked', () => {
    const service = fc.constantFrom('cart', 'checkout', 'search', '');
    fc.assert(
      fc.property(
        fc.array(fc.record({ serviceName: service, value: fc.double() })),
        fc.array(service),
        fc.constantFrom(...OPERATORS),
        fc.boolean(),
        (answers, services, operator, groupByService) => {
          const condition = { ...metric, operator, groupByService };
          const known = services.map((name) => ({ service_name: name }));
          const results = evaluateRule(condition, answers, known);
          const keys = results.map(({ labels }) => labelsText(labels));
          expect(new Set(keys).size).toBe(keys.length);
          expect(evaluateRule(condition, answers, known)).toEqual(results);
        },
      ),
    );
  });
});
