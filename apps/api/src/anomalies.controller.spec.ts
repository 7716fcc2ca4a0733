import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';
import { ruleOf } from '../../../libs/conformance/src/rule-of';
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

const valueAt = (index: number, jumpFrom: number) => 100 + ((index * 7) % 5) + (index >= jumpFrom ? 200 : 0);

beforeAll(async () => {
  const keys = new KeysInMemory();
  keys.add('reader');
  app = await createApiApp(
    {
      apiKeys: keys,
      rules: { find: async (_scope, id) => [anomalyRule, otherRule].find((rule) => rule.id === id) },
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
  );
});

afterAll(() => app.close());

const headers = { 'x-api-key': 'reader' };
const post = (payload: object) => ({ method: 'POST' as const, url: '/ai/anomaly', headers, payload });
const get = (query: string) => ({
  method: 'GET' as const,
  url: `/api/metrics/anomalies?${query}`,
  headers,
});
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
      version: '1',
      points: 300,
      anomalies: expect.arrayContaining([
        expect.objectContaining({
          timestamp: new Date(NOW + 290 * MINUTE).toISOString(),
          value: valueAt(290, 290),
          direction: 'up',
          phase: 'onset',
          method: `${algorithm}/1`,
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
    const answer = await app.inject(get('metric_name=latency&start_time=now-1h&time_bucket=1m'));
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
    const refusal = await expectProblem(app, get(`metric_name=a&${query}`), 400, 'OPS_REQUEST_INVALID');
    expect(refusal.problem.errors.map((each) => each.field)).toContain(field);
  });
});

describe('POST /api/anomalies/preview', () => {
  const preview = (payload: object) => ({
    method: 'POST' as const,
    url: '/api/anomalies/preview',
    headers,
    payload,
  });

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
