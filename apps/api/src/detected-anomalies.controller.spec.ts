import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';
import type { AnomalyFilter, StoredAnomaly } from '../../../libs/core/src/anomalies/stored-anomaly';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const MINUTE = 60_000;
let app: NestFastifyApplication;
let listedBy: AnomalyFilter | undefined;
const foundAnomaly: StoredAnomaly = {
  metricName: 'latency',
  serviceName: 'api',
  tags: {},
  atMs: NOW - MINUTE,
  value: 9,
  phase: 'onset',
  expected: 1,
  low: 1,
  high: 1,
  deviation: Infinity,
  score: 0.9,
  direction: 'up',
  why: 'because',
  method: 'adaptive/1',
};

beforeAll(async () => {
  const keys = new KeysInMemory();
  keys.add('reader');
  app = await createApiApp(
    {
      apiKeys: keys,
      anomalies: {
        list: async (_scope, filter) => {
          listedBy = filter;
          return { items: [foundAnomaly], total: 2, nextCursor: 'more' };
        },
        listServiceScores: async () => [
          {
            serviceName: 'api',
            worst: {
              serviceName: 'api',
              atMs: NOW - MINUTE,
              score: 0.7,
              series: 3,
              anomalous: 1,
              contributors: [{ metricName: 'latency', tags: {}, score: 0.9 }],
            },
            points: [{ atMs: NOW - MINUTE, score: 0.7 }],
          },
        ],
      },
    },
    NOW,
  );
});

afterAll(() => app.close());

describe('GET /api/anomalies', () => {
  const url = '/api/anomalies';

  it('lists what was found, as filtered', async () => {
    const answer = await app.inject(get(`${url}?service_name=api&min_score=0.5&limit=1`));
    expect(answer.json()).toEqual({
      anomalies: [
        {
          metric_name: 'latency',
          service_name: 'api',
          tags: {},
          timestamp: '2026-01-15T11:59:00.000Z',
          value: 9,
          deviation: null,
          expected: 1,
          band: { low: 1, high: 1 },
          score: 0.9,
          direction: 'up',
          phase: 'onset',
          method: 'adaptive/1',
          why: 'because',
        },
      ],
      total: 2,
      next_cursor: 'more',
    });
    expect(listedBy).toMatchObject({ serviceName: 'api', minScore: 0.5, range: { toMs: NOW } });
    for (const wrong of ['min_score=2', 'min_score=x'])
      await expectProblem(app, get(`${url}?${wrong}`), 400, 'OPS_REQUEST_INVALID');
  });

  it('ranks services', async () => {
    const answer = await app.inject(get(`${url}/services?time_bucket=10s`));
    expect(answer.json()).toEqual({
      method: 'top-root-mean/1',
      time_bucket: '1m',
      services: [
        {
          service_name: 'api',
          score: 0.7,
          at: '2026-01-15T11:59:00.000Z',
          series: 3,
          anomalous: 1,
          contributors: [{ metric_name: 'latency', tags: {}, score: 0.9 }],
          points: [{ timestamp: '2026-01-15T11:59:00.000Z', score: 0.7 }],
        },
      ],
    });
  });
});
