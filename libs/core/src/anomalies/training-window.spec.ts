import type { AnomalyCondition } from '../alerting/rule';
import {
  incidentsToLeaveOut,
  rangesToLeaveOut,
  ruleBucketSeconds,
  ruleQuery,
  trainingWindow,
} from './training-window';

const NOW = Date.UTC(2026, 0, 15, 12);
const HOUR = 3_600_000;

describe('trainingWindow', () => {
  it('puts at least a day of minutes before the judged ones, all on whole buckets', () => {
    const { range, judgeFromMs } = trainingWindow({ fromMs: NOW - 290_000, toMs: NOW + 10_000 }, 60);
    expect(range.toMs).toBe(NOW);
    expect(judgeFromMs).toBe(NOW - 300_000);
    expect(judgeFromMs - range.fromMs).toBeGreaterThanOrEqual(24 * HOUR);
    expect(judgeFromMs - range.fromMs).toBeLessThan(30 * HOUR);
    expect(range.fromMs % 60_000).toBe(0);
  });

  it('judges one bucket at least', () => {
    const { range, judgeFromMs } = trainingWindow({ fromMs: NOW + 11_000, toMs: NOW + 12_000 }, 10);
    expect(range.toMs - judgeFromMs).toBe(10_000);
  });

  it('begins at the same instant for most consecutive evaluations', () => {
    const starts = Array.from({ length: 60 }, (_, tick) => {
      const toMs = NOW + tick * 10_000;
      return trainingWindow({ fromMs: toMs - 60_000, toMs }, 10).range.fromMs;
    });
    expect(new Set(starts).size).toBeLessThanOrEqual(2);
  });
});

describe('ruleBucketSeconds', () => {
  it.each([
    [10, 10],
    [60, 10],
    [150, 30],
    [300, 60],
    [3600, 300],
    [86_400, 3600],
  ])('a window of %i s has buckets of %i s', (window, bucket) => {
    expect(ruleBucketSeconds(window)).toBe(bucket);
  });
});

describe('ruleQuery', () => {
  const condition: AnomalyCondition = {
    kind: 'anomaly',
    metricName: 'latency_ms',
    aggregation: 'p95',
    method: 'adaptive',
    groupByService: false,
  };
  const window = trainingWindow({ fromMs: NOW - 60_000, toMs: NOW }, 10);
  const asked = { metricName: 'latency_ms', aggregation: 'p95', range: window.range, bucketSeconds: 10 };

  it.each<[string, Partial<AnomalyCondition>, object]>([
    ['one line for all series of a metric', {}, { groupBy: 'all' }],
    ['one for each service', { groupByService: true }, { groupBy: 'service' }],
    [
      'those of a service and of tags only, where the rule names them',
      { serviceName: 'api', tags: { region: 'eu' } },
      { groupBy: 'all', serviceName: 'api', tags: { region: 'eu' } },
    ],
  ])('asks for %s', (_what, change, expected) => {
    expect(ruleQuery({ ...condition, ...change }, window, 5)).toStrictEqual({
      ...asked,
      limit: 5,
      ...expected,
    });
  });
});

describe('incidentsToLeaveOut', () => {
  it('asks for those that may reach into what is learned from', () => {
    const window = trainingWindow({ fromMs: NOW - 60_000, toMs: NOW }, 10);
    expect(incidentsToLeaveOut(window)).toEqual({
      fromMs: window.range.fromMs - HOUR,
      toMs: window.judgeFromMs,
    });
  });
});

describe('rangesToLeaveOut', () => {
  const ended = { services: ['checkout'], openedAtMs: NOW, resolvedAtMs: NOW + 1000 };

  it('takes the times of incidents that touch the service', () => {
    expect(rangesToLeaveOut([ended], 'checkout', 500)).toEqual([{ fromMs: NOW - 500, toMs: NOW + 1000 }]);
    expect(rangesToLeaveOut([ended], 'cart', 0)).toEqual([]);
    expect(rangesToLeaveOut([{ ...ended, services: [] }], 'cart', 0)).toHaveLength(1);
    expect(rangesToLeaveOut([ended], undefined, 0)).toHaveLength(1);
    expect(rangesToLeaveOut([ended], '', 0)).toHaveLength(1);
  });

  it('takes an hour at most, so that a new normal is learned', () => {
    const open = { services: [], openedAtMs: NOW };
    expect(rangesToLeaveOut([open], 'a', 0)).toEqual([{ fromMs: NOW, toMs: NOW + HOUR }]);
    const long = { ...open, resolvedAtMs: NOW + 5 * HOUR };
    expect(rangesToLeaveOut([long], 'a', 0)).toEqual([{ fromMs: NOW, toMs: NOW + HOUR }]);
  });
});
