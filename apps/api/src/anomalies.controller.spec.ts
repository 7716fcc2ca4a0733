import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get, send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';
import { ruleOf } from '../../../libs/conformance/src/rule-of';
import type { AnomalyLabel } from '../../../libs/core/src/anomalies/anomaly-label';
import { asId, type ProjectId } from '../../../libs/core/src/common/ids';
import { scopeOfProject } from '../../../libs/core/src/projects/project-scope';
import type { MetricQuery } from '../../../libs/core/src/metrics/metric-query';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const MINUTE = 60_000;
let asked: MetricQuery | undefined;
let app: NestFastifyApplication;
const scope = scopeOfProject(asId<ProjectId>('11111111-1111-4111-8111-111111111111'));
const anomalyRule = ruleOf(scope, {
  windowSeconds: 300,
  condition: {
    kind: 'anomaly',
    metricName: 'latency',
    aggregation: 'avg',
    method: 'z-score',
    groupByService: true,
  },
});
const otherRule = ruleOf(scope);

let labels: AnomalyLabel[] = [];

const valueAt = (index: number, jumpFrom: number) => 100 + ((index * 7) % 5) + (index >= jumpFrom ? 200 : 0);

beforeAll(async () => {
  const keys = new KeysInMemory();
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'] });
  app = await createApiApp(
    {
      apiKeys: keys,
      rules: { find: async (_scope, id) => [anomalyRule, otherRule].find((rule) => rule.id === id) },
      anomalyLabels: {
        list: async () => labels,
        add: async (_scope, label, most) => labels.length < most && labels.push(label) > 0,
        apply: async (_scope, ids, appliedAtMs) => {
          labels = labels.map((label) => (ids.includes(label.id) ? { ...label, appliedAtMs } : label));
          return ids.length;
        },
        delete: async (_scope, id) => {
          const found = labels.some((label) => label.id === id);
          labels = labels.filter((label) => label.id !== id);
          return found;
        },
      },
      metrics: {
        query: async (_scope, query) => {
          asked = query;
          const count = (query.range.toMs - query.range.fromMs) / (query.bucketSeconds * 1000);
          const points = Array.from({ length: count }, (_, index) => ({
            atMs: query.range.fromMs + index * query.bucketSeconds * 1000,
            value: valueAt(index, count - 10),
          }));
          const line = { metricName: query.metricName, serviceName: 'api', tags: { endpoint: '/' }, points };
          return { lines: [line], totalLines: 3 };
        },
      },
    },
    NOW,
    { ANOMALY_LABELS_MAX: 2 },
  );
});

afterAll(() => app.close());

const post = (payload: object) => send('POST', '/ai/anomaly', payload, 'reader');
const find = (query: string) => get(`/api/metrics/anomalies?${query}`);
const pointsOf = (count: number, jumpFrom: number) =>
  Array.from({ length: count }, (_, index) => ({
    timestamp: new Date(NOW + index * MINUTE).toISOString(),
    value: valueAt(index, jumpFrom),
  }));

describe('POST /ai/anomaly', () => {
  it.each(['z-score', 'z_score', 'robust_z', 'adaptive', undefined])('judges with %s', async (method) => {
    const answer = await app.inject(
      post({ metric_name: 'latency', data_points: pointsOf(300, 290), ...(method && { method }) }),
    );
    const algorithm = (method ?? 'adaptive').replace('_', '-');
    expect(answer.json()).toMatchObject({
      metric_name: 'latency',
      algorithm,
      version: expect.stringMatching(/^\d+$/),
      points: 300,
      anomalies: expect.arrayContaining([
        expect.objectContaining({
          timestamp: new Date(NOW + 290 * MINUTE).toISOString(),
          value: valueAt(290, 290),
          direction: 'up',
          phase: 'onset',
          method: expect.stringMatching(new RegExp(`^${algorithm}/\\d+$`)),
        }),
      ]),
    });
    const [first] = answer.json<{ anomalies: { deviation: number; why: string }[] }>().anomalies;
    expect(first?.deviation).toBeGreaterThan(3);
    expect(first?.why).not.toBe('');
  });

  it('finds nothing in nothing, and takes missing values', async () => {
    expect((await app.inject(post({ data_points: [] }))).json()).toMatchObject({ points: 0, anomalies: [] });
    const withHole = [...pointsOf(20, 20), { timestamp: '2026-01-16T00:00:00Z', value: null }];
    expect((await app.inject(post({ data_points: withHole }))).json()).toMatchObject({ anomalies: [] });
  });

  it.each<[string, object, string]>([
    ['no points', {}, 'data_points'],
    ['an unknown method', { data_points: [], method: 'guess' }, 'method'],
    ['a threshold of nothing', { data_points: [], threshold: 0 }, 'threshold'],
    ['a text as value', { data_points: [{ timestamp: 'now', value: 'x' }] }, 'data_points[0].value'],
    ['no instant', { data_points: [{ timestamp: 'soon', value: 1 }] }, 'data_points[0].timestamp'],
    ['too many points', { data_points: new Array(30_000).fill(1) }, 'data_points'],
  ])('refuses %s', async (_what, body, field) => {
    const { problem } = await expectProblem(app, post(body), 400, 'OPS_REQUEST_INVALID');
    expect(problem.errors.map((each) => each.field)).toContain(field);
  });
});

describe('GET /api/metrics/anomalies', () => {
  it('judges the asked range by the history before it', async () => {
    const answer = await app.inject(find('metric_name=latency&start_time=now-1h&time_bucket=1m'));
    expect(answer.json()).toMatchObject({
      metric_name: 'latency',
      algorithm: 'adaptive',
      time_bucket: '1m',
      series: [{ service_name: 'api', tags: { endpoint: '/' }, points: 60, learning: 0 }],
      total_series: 3,
    });
    const { anomalies } = answer.json<{ anomalies: object[] }>();
    expect(anomalies[0]).toMatchObject({
      service_name: 'api',
      timestamp: '2026-01-15T11:50:00.000Z',
      phase: 'onset',
      direction: 'up',
    });
    for (const later of anomalies.slice(1))
      expect(later).toMatchObject({ phase: 'ongoing', direction: 'up' });
    expect(asked?.range.toMs).toBe(NOW);
    expect(asked?.range.fromMs).toBeLessThanOrEqual(NOW - 25 * 60 * MINUTE);
  });

  it.each([
    ['threshold=0', 'threshold'],
    ['threshold=-1', 'threshold'],
    ['method=guess', 'method'],
    ['limit=1000', 'limit'],
  ])('refuses %s', async (query, field) => {
    const refusal = await expectProblem(app, find(`metric_name=a&${query}`), 400, 'OPS_REQUEST_INVALID');
    expect(refusal.problem.errors.map((each) => each.field)).toContain(field);
  });
});

describe('GET /api/metrics/query', () => {
  it('comes with anomalies and band where asked for, and as ever where not', async () => {
    const url = '/api/metrics/query?metric_name=latency&start_time=now-1h&time_bucket=1m';
    const plain = (await app.inject(get(url))).json<{ series: Record<string, unknown>[] }>();
    expect(Object.keys(plain.series[0] ?? {})).toEqual(['service_name', 'tags', 'points']);
    const judged = (await app.inject(get(`${url}&anomalies=true`))).json<{
      series: { points: object[]; anomalies: object[]; band: object[] }[];
    }>();
    const [line] = judged.series;
    expect(line?.points).toEqual(plain.series[0]?.['points']);
    expect(line?.band).toHaveLength(60);
    expect(line?.band[0]).toEqual({
      timestamp: '2026-01-15T11:00:00.000Z',
      expected: expect.any(Number),
      low: expect.any(Number),
      high: expect.any(Number),
    });
    expect(line?.anomalies[0]).toMatchObject({ timestamp: '2026-01-15T11:50:00.000Z', direction: 'up' });
  });
});

describe('labels of anomalies', () => {
  const window = { from: '2026-01-15T11:50:00Z', to: '2026-01-15T12:00:00Z' };
  const label = { metric_name: 'latency', service_name: 'api', verdict: 'not_an_anomaly', ...window };
  const onsets = async () =>
    (await app.inject(find('metric_name=latency&start_time=now-1h&time_bucket=1m')))
      .json<{ anomalies: { phase: string }[] }>()
      .anomalies.filter(({ phase }) => phase === 'onset').length;

  it('are measured, shown by a preview, and have an effect once applied, until deleted', async () => {
    const before = await onsets();
    expect(before).toBeGreaterThan(0);
    const added = await app.inject(send('POST', '/api/anomaly-labels', label));
    expect([added.statusCode, added.json()]).toMatchObject([
      201,
      {
        ...label,
        from: '2026-01-15T11:50:00.000Z',
        to: '2026-01-15T12:00:00.000Z',
        note: '',
        applied_at: null,
      },
    ]);
    const { id, furthest_up: furthestUp } = added.json<{ id: string; furthest_up: number }>();
    expect(furthestUp).toBeGreaterThan(3);
    expect(await onsets()).toBe(before);

    const preview = await app.inject(send('POST', '/api/anomalies/preview', { days: 1 }));
    expect(preview.json()).toMatchObject({
      current: { summary: 'anomaly detection with 0 labels in effect', algorithm: 'adaptive' },
      proposed: { summary: 'the same with 1 proposed labels' },
      added: [],
      series: [{ metric_name: 'latency', service_name: 'api', tags: { endpoint: '/' }, added: 0 }],
    });
    const [series] = preview.json<{ series: { current: number; removed: number }[] }>().series;
    expect(series?.removed).toBe(series?.current);
    const { removed } = preview.json<{ removed: object[] }>();
    expect(removed[0]).toMatchObject({ metric_name: 'latency', timestamp: '2026-01-15T11:50:00.000Z' });

    const applied = await app.inject(send('POST', '/api/anomaly-labels/apply', {}));
    expect([applied.statusCode, applied.json()]).toEqual([200, { applied: 1 }]);
    expect(await onsets()).toBe(0);
    const listed = await app.inject(send('GET', '/api/anomaly-labels'));
    expect(listed.json()).toMatchObject({
      total: 1,
      labels: [{ id, applied_at: '2026-01-15T12:00:00.000Z' }],
    });
    expect((await app.inject(send('DELETE', `/api/anomaly-labels/${id}`))).statusCode).toBe(204);
    expect(await onsets()).toBe(before);
    await expectProblem(app, send('DELETE', `/api/anomaly-labels/${id}`), 404, 'OPS_ANOMALY_LABEL_NOT_FOUND');
  });

  it.each<[string, object, string]>([
    ['an unknown verdict', { ...label, verdict: 'hm' }, 'verdict'],
    ['an end before the beginning', { ...label, to: window.from }, 'to'],
    ['a week', { ...label, from: 'now-7d' }, 'to'],
    ['what is before all time', { ...label, from: 'now-99999999w', to: 'now-99999998w6d12h' }, 'to'],
    ['no metric', window, 'metric_name'],
  ])('refuses %s', async (_what, body, field) => {
    const { problem } = await expectProblem(
      app,
      send('POST', '/api/anomaly-labels', body),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors.map((each) => each.field)).toContain(field);
  });

  it('are not all applied by a body that says nothing of them, but is there', async () => {
    const request = { ...send('POST', '/api/anomaly-labels/apply'), payload: 'null' };
    const headers = { ...request.headers, 'content-type': 'application/json' };
    await expectProblem(app, { ...request, headers }, 400, 'OPS_REQUEST_INVALID');
  });

  it('count in the preview of a rule where that is asked for', async () => {
    await app.inject(send('POST', '/api/anomaly-labels', label));
    const preview = async (more: object) =>
      (
        await app.inject(
          send('POST', '/api/anomalies/preview', { rule_id: anomalyRule.id, days: 1, ...more }),
        )
      ).json();
    expect(await preview({})).toMatchObject({
      kept: 10,
      removed: [],
      series: [{ current: 10, proposed: 10 }],
    });
    expect(await preview({ labels: true })).toMatchObject({
      kept: 0,
      series: [{ current: 10, proposed: 0 }],
    });
    labels.length = 0;
  });

  it('refuses more than there may be', async () => {
    await app.inject(send('POST', '/api/anomaly-labels', label));
    await app.inject(send('POST', '/api/anomaly-labels', label));
    await expectProblem(app, send('POST', '/api/anomaly-labels', label), 422, 'OPS_ANOMALY_LABEL_LIMIT');
    labels.length = 0;
  });
});

describe('POST /api/anomalies/preview', () => {
  const preview = (payload: object) => send('POST', '/api/anomalies/preview', payload, 'reader');

  it('shows what a changed rule would find less and more', async () => {
    const raised = await app.inject(
      preview({ rule_id: anomalyRule.id, condition: { threshold: 1000 }, days: 1 }),
    );
    expect(raised.json()).toMatchObject({
      time_bucket: '1m',
      end_time: '2026-01-15T12:00:00.000Z',
      current: {
        summary: 'avg(latency) by service is anomalous (z-score) over 5m',
        algorithm: 'z-score',
        total: 10,
      },
      proposed: { algorithm: 'z-score', total: 0 },
      kept: 0,
      added: [],
    });
    expect(raised.json<{ removed: object[] }>().removed).toHaveLength(10);
    const same = await app.inject(preview({ rule_id: anomalyRule.id, condition: {}, days: 1 }));
    expect(same.json()).toMatchObject({ kept: 10, added: [], removed: [] });
  });

  it.each<[string, object, string]>([
    ['a rule of another kind', { rule_id: otherRule.id, condition: {} }, 'rule_id'],
    ['another series', { rule_id: anomalyRule.id, condition: { metric_name: 'a' } }, 'condition.metric_name'],
    ['a wrong threshold', { rule_id: anomalyRule.id, condition: { threshold: 'x' } }, 'condition.threshold'],
    ['too many days', { rule_id: anomalyRule.id, condition: {}, days: 15 }, 'days'],
  ])('refuses %s', async (_what, body, field) => {
    const { problem } = await expectProblem(app, preview(body), 400, 'OPS_REQUEST_INVALID');
    expect(problem.errors.map((each) => each.field)).toContain(field);
  });

  it('knows no rule of others', async () => {
    await expectProblem(app, preview({ rule_id: 'x', condition: {} }), 404, 'OPS_RULE_NOT_FOUND');
  });
});
