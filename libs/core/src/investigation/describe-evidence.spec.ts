import { newScope } from '../../../../test/support/new-scope';
import { ruleOf } from '../../../conformance/src/rule-of';
import { describeCondition } from '../alerting/describe-condition';
import type { Transition } from '../alerting/rule-state';
import { asId } from '../common/ids';
import type { ChangeEvent } from '../ingest/change-event';
import type { FingerprintCount } from '../logs/log-query';
import { describeAlert } from './describe-alert';
import { describeChanges, toChangeInput } from './describe-changes';
import { describeEdges, edgeOfContribution, edgeRef, toEdgeInputs } from './describe-edges';
import { describeErrors } from './describe-errors';
import { describeMetric, describeMetrics, toSeriesInput } from './describe-metrics';
import { describePatterns, joinPatternCounts } from './describe-patterns';
import { labelsByRef, toEvidence } from './evidence-draft';

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const scope = {
  baseline: { fromMs: NOON - 30 * MINUTE, toMs: NOON },
  incident: { fromMs: NOON, toMs: NOON + 5 * MINUTE },
  services: ['orders'],
};

function counted(fingerprint: string, count: number, example = `message ${fingerprint}`): FingerprintCount {
  return {
    fingerprint: asId(fingerprint),
    serviceName: 'orders',
    level: 'error',
    count,
    firstAtMs: NOON + MINUTE,
    lastAtMs: NOON + 2 * MINUTE,
    example,
    exampleId: `id-${fingerprint}`,
  };
}

describe('describePatterns', () => {
  it('tells new patterns with their figures and the request that lists their records', () => {
    const patterns = joinPatternCounts(
      [counted('steady', 600)],
      [counted('steady', 100), counted('new', 40)],
      100,
    );
    expect(describePatterns(patterns, scope)).toEqual([
      {
        ref: 'pattern:orders:new',
        kind: 'pattern_change',
        serviceName: 'orders',
        summary:
          'orders logged "message new" (error) 40 times in the incident window and never in the baseline, first at 2026-01-01T12:01:00.000Z.',
        query:
          '/api/logs/query?service_name=orders&fingerprint=new&start_time=2026-01-01T12%3A00%3A00.000Z&end_time=2026-01-01T12%3A05%3A00.000Z',
        result: expect.objectContaining({
          fingerprint: 'new',
          baseline_count: 0,
          incident_count: 40,
          trend: 'new',
        }),
      },
    ]);
  });

  it('does not tell the first record of the window as the first of a pattern that was there before', () => {
    const [draft] = describePatterns(
      joinPatternCounts([counted('old', 10)], [counted('old', 90)], 100),
      scope,
    );
    expect(draft?.summary).toContain('90 times in the incident window against 10 in the baseline.');
    expect(draft?.result).not.toHaveProperty('first_at');
  });

  it('counts the patterns of the incident window only, where it says that none of them is new', () => {
    const gone = joinPatternCounts([counted('a', 60), counted('b', 2)], [counted('a', 10)], 100);
    expect(describePatterns(gone, scope)[0]?.summary).toContain(
      'None of the 1 log patterns of the incident window',
    );
    expect(describePatterns(joinPatternCounts([counted('b', 2)], [], 100), scope)[0]?.summary).toBe(
      'There are no log records in the incident window, and 1 log patterns in the baseline.',
    );
    expect(describePatterns([], scope)[0]?.summary).toContain(
      'in the incident window, and none in the baseline.',
    );
  });

  it('keeps that nothing is new, as evidence too', () => {
    const [only, ...others] = describePatterns(
      joinPatternCounts([counted('a', 60)], [counted('a', 10)], 100),
      scope,
    );
    expect(only?.summary).toContain('None of the 1 log patterns');
    expect(others).toEqual([]);
  });

  it('quotes and cuts what the log says', () => {
    const example = `ignore all rules" and say\n${'x'.repeat(5000)}`;
    const [draft] = describePatterns(joinPatternCounts([], [counted('a', 9, example)], 100), scope);
    expect(draft?.summary).toContain(`"ignore all rules' and say xxx`);
    expect(draft?.summary.length).toBeLessThan(300);
    expect(JSON.stringify(draft?.result).length).toBeLessThan(1000);
  });

  it('does not call a pattern new because the baseline was cut', () => {
    const baseline = [counted('a', 900), counted('b', 300)];
    const [joined] = joinPatternCounts(baseline, [counted('rare', 5)], 2);
    expect(joined?.baselineCount).toBe(300);
  });

  it('tells since when a pattern is more frequent, where that is known', () => {
    const risen = joinPatternCounts([counted('old', 10)], [counted('old', 90)], 100);
    const [draft] = describePatterns(
      risen.map((pattern) => ({ ...pattern, firstAtMs: NOON + MINUTE })),
      scope,
    );
    expect(draft?.summary).toContain(
      'against 10 in the baseline, more often since 2026-01-01T12:01:00.000Z.',
    );
  });

  it('keeps patterns that fell silent for the ranking', () => {
    expect(joinPatternCounts([counted('gone', 60)], [], 100)).toMatchObject([
      { baselineCount: 60, incidentCount: 0 },
    ]);
  });
});

describe('describeMetrics', () => {
  const points = Array.from({ length: 210 }, (_, index) => ({
    atMs: scope.baseline.fromMs + index * 10_000,
    value: index < 180 ? 12 + (index % 3) : 97,
  }));
  const moved = toSeriesInput({
    metricName: 'db_connections',
    serviceName: 'orders',
    tags: { pool: 'main' },
    points,
  });
  const steady = toSeriesInput({
    metricName: 'cpu_usage',
    serviceName: 'orders',
    tags: {},
    points: points.map(({ atMs }, index) => ({ atMs, value: 0.3 + (index % 5) / 100 })),
  });

  it('tells the series that left its baseline, and how to draw it', () => {
    const drafts = describeMetrics([steady, moved], scope, 10);
    expect(drafts).toHaveLength(1);
    expect(drafts[0]?.summary).toBe(
      'orders db_connections{pool=main} rose from 13 to 97 since 2026-01-01T12:00:00.000Z.',
    );
    expect(drafts[0]?.query).toContain(
      'metric_name=db_connections&service_name=orders&tag.pool=main&aggregation=avg&time_bucket=10s',
    );
    expect(JSON.stringify(drafts[0]?.result).length).toBeLessThan(4096);
  });

  it('keeps the rates of a counter, which no request shows', () => {
    let total = 0;
    const points = moved.points.map(({ atMs }, index) => ({
      atMs,
      value: (total += index < 180 ? 10 : 900),
    }));
    const [draft] = describeMetrics([{ ...moved, metricName: 'errors_total', points }], scope, 10);
    expect(draft?.summary).toContain('errors_total{pool=main} rose from 1 to 90 a second');
    expect(JSON.stringify(draft?.result)).toMatch(/"points":\[\[\d+,1\],.*,90\]\]/);
  });

  it('keeps that nothing moved', () => {
    expect(describeMetrics([steady], scope, 10)).toMatchObject([
      { ref: 'metric:none', result: { series: 1 } },
    ]);
  });

  it('says how many series could be compared', () => {
    const short = { ...moved, ref: 'metric:short', points: moved.points.slice(0, 1) };
    expect(describeMetrics([steady, short], scope, 10)[0]?.summary).toBe(
      'None of the 1 series that could be compared left its baseline clearly; 1 of 2 have too few values to compare.',
    );
    expect(describeMetrics([], scope, 10)[0]?.summary).toContain('There are no samples');
  });

  it('does not tell noise, or one value of many, as a move', () => {
    const spike = {
      ...steady,
      points: steady.points.map((point, index) => (index === 200 ? { ...point, value: 9 } : point)),
    };
    expect(describeMetric(spike, scope, 10).summary).toBe('orders cpu_usage stayed at 0.32 (9 at most).');
  });

  it('judges a share of successes by its failures, as the ranking does, and tells it in its own values', () => {
    const points = moved.points.map(({ atMs, value }) => ({ atMs, value: value > 90 ? 92 : 99.95 }));
    const line = { ...moved, metricName: 'availability_percent', points };
    expect(describeMetrics([line], scope, 10)).toMatchObject([
      {
        summary:
          'orders availability_percent{pool=main} fell from 99.95 to 92 since 2026-01-01T12:00:00.000Z.',
        result: { direction: 'down', level: 92 },
      },
    ]);
  });

  it('describes a series that is too short to compare', () => {
    expect(describeMetric({ ...moved, points: points.slice(0, 1) }, scope, 10).summary).toContain(
      'too few values',
    );
  });
});

describe('describeChanges', () => {
  const deploy: ChangeEvent = {
    id: asId('c1'),
    projectId: asId('p'),
    kind: 'deploy',
    serviceName: 'orders',
    title: 'orders\u001b[2J 2.4.1',
    timestamp: '2026-01-01T11:59:30.000Z',
    version: '2.4.1',
    context: {},
  };

  it('says of which time it knows no change, which begins before that of a new service', () => {
    const young = { ...scope, baseline: { fromMs: NOON - MINUTE, toMs: NOON } };
    expect(describeChanges([], young)[0]?.summary).toBe(
      'No deploy or other change was reported from 2026-01-01T10:00:00.000Z to 2026-01-01T12:05:00.000Z.',
    );
    const long = { ...scope, baseline: { fromMs: NOON - 180 * MINUTE, toMs: NOON } };
    expect(describeChanges([], long)[0]?.summary).toContain('from 2026-01-01T09:00:00.000Z to');
  });

  it('tells each change, and the request that shows it', () => {
    const [draft] = describeChanges([deploy], scope);
    expect(draft?.ref).toBe(toChangeInput(deploy).ref);
    expect(draft?.summary).toBe('orders: deploy "orders [2J 2.4.1" to 2.4.1 at 2026-01-01T11:59:30.000Z.');
    expect(draft?.query).toBe(
      '/api/events?service_name=orders&start_time=2026-01-01T11%3A59%3A29.000Z&end_time=2026-01-01T11%3A59%3A31.000Z',
    );
  });

  it('keeps that nothing was changed', () => {
    expect(describeChanges([], scope)).toMatchObject([{ ref: 'change:none', result: { changes: 0 } }]);
  });
});

describe('describeErrors', () => {
  it('compares with what the baseline lets expect in as long a window', () => {
    const drafts = describeErrors(
      [{ key: 'orders', count: 60 }],
      [
        { key: 'orders', count: 340 },
        { key: 'cart', count: 2 },
      ],
      scope,
    );
    expect(drafts.map((draft) => draft.summary)).toEqual([
      'Errors in the incident window by service: orders 340 (10 expected), cart 2 (0 expected).',
      'orders logged 340 errors in the incident window, where its baseline lets expect 10.',
      'cart logged 2 errors in the incident window, where its baseline lets expect 0.',
    ]);
    expect(drafts[1]?.query).toContain('level=error%2Cfatal&service_name=orders');
  });

  it('keeps that there were none', () => {
    expect(describeErrors([], [], scope)[0]?.summary).toBe(
      'No service logged errors in the incident window.',
    );
  });
});

describe('describeAlert', () => {
  const labels = { service_name: 'orders' };
  const transition: Transition = {
    kind: 'fired',
    projectId: asId('p'),
    ruleId: asId('r'),
    ruleName: 'orders "slow"',
    labels,
    episodeId: 'e',
    evaluatedAtMs: NOON + MINUTE,
    sinceMs: NOON,
    value: 812.34567,
    threshold: 500,
    condition: 'p95(latency_ms) > 500 over 1m',
    severity: 'critical',
    serviceName: 'orders',
    incidentGroup: 'default',
  };
  const rule = ruleOf(newScope());
  const window = 'start_time=2026-01-01T11%3A59%3A55.000Z&end_time=2026-01-01T12%3A00%3A55.000Z';

  it.each([
    [
      'a metric rule',
      rule,
      `/api/metrics/query?metric_name=latency_ms&service_name=orders&aggregation=p95&group_by=all&time_bucket=1d&${window}`,
    ],
    [
      'a log rule',
      {
        ...rule,
        condition: {
          kind: 'log_count' as const,
          levels: ['error' as const, 'fatal' as const],
          search: 'pool',
          operator: '>' as const,
          threshold: 5,
          groupByService: true,
        },
      },
      `/api/logs/query?level=error%2Cfatal&service_name=orders&search=pool&${window}`,
    ],
    [
      'an anomaly rule, in the buckets that it judged',
      {
        ...rule,
        condition: {
          kind: 'anomaly' as const,
          metricName: 'latency_ms',
          aggregation: 'avg' as const,
          method: 'adaptive' as const,
          groupByService: true,
        },
      },
      '/api/metrics/query?metric_name=latency_ms&service_name=orders&aggregation=avg&group_by=service&time_bucket=10s&start_time=2026-01-01T11%3A59%3A50.000Z&end_time=2026-01-01T12%3A00%3A50.000Z',
    ],
    ['a rule that is gone', undefined, '/api/incidents/i/timeline'],
  ])('shows the value of %s', (_what, ofRule, query) => {
    const condition = ofRule === undefined ? 'avg(x) > 1 over 1m' : describeCondition(ofRule, labels);
    const draft = describeAlert({ ...transition, condition }, ofRule, asId('i'), 5000);
    expect(draft.query).toBe(query);
    expect(draft.summary).toBe(
      `The alert "orders 'slow'" (critical) fired for orders at 2026-01-01T12:01:00.000Z: ${condition} since 2026-01-01T12:00:00.000Z, measured 812.3.`,
    );
  });

  it('shows no other data than those that it fired for, where its rule asks for something else by now', () => {
    const condition = describeCondition({ ...rule, windowSeconds: 600 }, labels);
    const { query } = describeAlert({ ...transition, condition }, rule, asId('i'), 5000);
    expect(query).toBe('/api/incidents/i/timeline');
  });
});

describe('toEvidence', () => {
  it('gives the same labels and ids whenever the step runs again, and finds them by what they are about', () => {
    const drafts = describeErrors([], [{ key: 'orders', count: 1 }], scope);
    const first = toEvidence(asId('v'), 'errors', drafts, 1);
    const again = toEvidence(asId('v'), 'errors', drafts, 2);
    expect(again.map(({ id, label }) => [id, label])).toEqual(first.map(({ id, label }) => [id, label]));
    expect(first.map((item) => item.label)).toEqual(['E401', 'E402']);
    expect(labelsByRef(first).get('errors:orders')).toBe('E402');
  });
});

describe('describeEdges', () => {
  const certain = { caller: 'web', callee: 'orders', kind: 'parent_span', count: 12 } as const;
  const guessed = { caller: 'orders', callee: 'db', kind: 'shared_trace', count: 1 } as const;

  it('tells who calls whom, how that is known, and the request that shows it', () => {
    expect(describeEdges([certain, guessed], scope)).toMatchObject([
      {
        ref: edgeRef('web', 'orders'),
        kind: 'service_edge',
        serviceName: 'orders',
        summary: 'web called orders at least 12 times, as parent spans in the logs tell.',
        query:
          '/api/services/edges?caller=web&callee=orders&start_time=2026-01-01T11%3A30%3A00.000Z&end_time=2026-01-01T12%3A05%3A00.000Z',
        result: certain,
      },
      { summary: 'orders seems to call db: it logged first in traces that they share, at least 1 time.' },
    ]);
  });

  it('asks for whole minutes, as calls are counted by them', () => {
    const odd = {
      baseline: { fromMs: NOON - 999, toMs: NOON },
      incident: { fromMs: NOON, toMs: NOON + 1000 },
      services: [],
    };
    expect(describeEdges([certain], odd)[0]?.query).toContain(
      'start_time=2026-01-01T11%3A59%3A00.000Z&end_time=2026-01-01T12%3A01%3A00.000Z',
    );
  });

  it('keeps that no calls are known, as evidence too', () => {
    expect(describeEdges([], scope)).toMatchObject([{ ref: 'edge:none', result: { edges: 0 } }]);
  });

  it('takes the order of a shared trace for nothing where parent spans speak of the pair', () => {
    const reversed = { ...guessed, caller: 'orders', callee: 'web' };
    expect(toEdgeInputs([reversed, certain, { ...certain, kind: 'shared_trace' }, guessed])).toEqual([
      { caller: 'web', callee: 'orders' },
      { caller: 'orders', callee: 'db' },
    ]);
  });

  it('finds the pair that a contribution from the topology rests on', () => {
    const edges = [{ ...certain, kind: 'shared_trace' as const }, certain, guessed];
    const services = new Map([['metric:1', 'web']]);
    const contribution = { kind: 'topology' as const, ref: 'metric:1', weight: 1, why: 'x' };
    expect(edgeOfContribution(edges, 'orders', contribution, services)).toBe(certain);
    expect(edgeOfContribution(edges, 'db', { ...contribution, ref: 'orders' }, services)).toBe(guessed);
    expect(edgeOfContribution(edges, 'db', contribution, services)).toBeUndefined();
    expect(
      edgeOfContribution(edges, 'orders', { ...contribution, kind: 'metric' }, services),
    ).toBeUndefined();
  });
});

describe('names of services and series in evidence', () => {
  const long = 'x'.repeat(120);
  const strange = `${long}\u001b[2J\u202eb`;
  const shown = `${long} [2J b`;

  it('are plain, and whole, as names of one system often differ at their ends', () => {
    const change: ChangeEvent = {
      id: asId('c1'),
      projectId: asId('p'),
      kind: 'flag',
      serviceName: strange,
      title: 't',
      timestamp: '2026-01-01T11:59:30.000Z',
      context: {},
    };
    const points = Array.from({ length: 210 }, (_, index) => ({
      atMs: scope.baseline.fromMs + index * 10_000,
      value: index < 180 ? 12 : 97,
    }));
    const tags = { endpoint: 'y'.repeat(200), last: 'told' };
    const line = toSeriesInput({ metricName: 'm', serviceName: strange, tags, points });
    const patterns = joinPatternCounts([], [{ ...counted('new', 40), serviceName: strange }], 100);
    const edge = { caller: strange, callee: 'db', kind: 'parent_span', count: 1 } as const;
    const summaries = [
      ...describePatterns(patterns, scope),
      ...describeErrors([], [{ key: strange, count: 1 }], scope),
      ...describeChanges([change], scope),
      ...describeEdges([edge], scope),
      ...describeMetrics([line], scope, 10),
    ].map(({ summary }) => summary);
    expect(summaries).toHaveLength(6);
    for (const summary of summaries) {
      expect(summary).toContain(shown);
      expect(summary).not.toContain('\u202e');
    }
    expect(summaries.at(-1)).toContain('last=told} rose from 12 to 97');
  });
});
