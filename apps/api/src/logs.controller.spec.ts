import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get, send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT } from '../../../test/support/keys-in-memory';
import { asId } from '../../../libs/core/src/common/ids';
import { encodeLogId } from '../../../libs/core/src/logs/log-id';
import { logsPath, metricPath } from '../../../libs/core/src/investigation/evidence-query';
import type { LogFilter, LogQuery } from '../../../libs/core/src/logs/log-query';
import type { MetricQuery } from '../../../libs/core/src/metrics/metric-query';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const asked: {
  search?: LogQuery;
  volume?: { filter: LogFilter; bucketSeconds: number };
  metric?: MetricQuery;
} = {};
const keys = new KeysInMemory();
let app: NestFastifyApplication;

beforeAll(async () => {
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'], name: 'ada' });
  keys.add('stranger', { permissions: ['admin'], projectId: asId(OTHER_PROJECT) });
  app = await createApiApp(
    {
      apiKeys: keys,
      logs: {
        search: async (_scope, query) => {
          asked.search = query;
          return { items: [], total: 0 };
        },
        volume: async (_scope, filter, bucketSeconds) => {
          asked.volume = { filter, bucketSeconds };
          return [0, 0, 30].map((count, index) => ({
            startMs: NOW + index * 60_000,
            count,
            byLevel: count === 0 ? {} : { error: count },
          }));
        },
        find: async () => undefined,
        context: async () => undefined,
      },
      projects: { find: async (id) => ({ id, name: 'p', createdAtMs: 0, retention: { logs: 7 } }) },
      investigations: {
        findEvidence: async (_scope, id) => ({
          id,
          investigationId: asId('i'),
          label: 'E1',
          kind: 'error_spread',
          summary: '12 errors',
          query: logsPath({ fromMs: Date.parse(id), toMs: Date.parse(id) + 60_000 }, {}),
          result: { errors: 12 },
          observedAtMs: NOW,
        }),
      },
      metrics: {
        query: async (_scope, query) => {
          asked.metric = query;
          return {
            lines: [
              {
                metricName: query.metricName,
                serviceName: 'api',
                tags: { a: 'b' },
                points: [{ atMs: NOW, value: 1.5 }],
              },
            ],
            totalLines: 3,
          };
        },
      },
    },
    NOW,
  );
});

afterAll(() => app.close());

describe('logs', () => {
  it('reads the last hour, newest first, where nothing is asked for', async () => {
    const answer = await app.inject(get('/api/logs/query'));
    expect(answer.json()).toEqual({ logs: [], total: 0, next_cursor: null });
    expect(asked.search).toEqual({
      range: { fromMs: NOW - 3_600_000, toMs: NOW },
      limit: 100,
      order: 'desc',
    });
  });

  it('understands every parameter of the seed, levels in any case, and relative times', async () => {
    await app.inject(
      get(
        '/logs/history?start_time=now-15m&end_time=2026-01-15T13:00:00+01:00&level=ERROR,Warning&service=api&search=a%20b&trace_id=t&correlation_id=c&fingerprint=f&context=user.name%3Da%3Db&limit=0&offset=5&order=asc',
      ),
    );
    expect(asked.search).toEqual({
      range: { fromMs: NOW - 900_000, toMs: NOW },
      levels: ['error', 'warn'],
      serviceName: 'api',
      search: 'a b',
      traceId: 't',
      correlationId: 'c',
      fingerprint: 'f',
      contextField: { key: 'user.name', value: 'a=b' },
      limit: 0,
      offset: 5,
      order: 'asc',
    });
  });

  it.each([
    ['level=LOUD', 'level'],
    ['level=', 'level'],
    ['start_time=yesterday', 'start_time'],
    ['start_time=2026-13-01T00:00:00Z', 'start_time'],
    ['start_time=0001-01-01T00:00:00Z', 'start_time'],
    ['start_time=99999-01-01T00:00:00Z', 'start_time'],
    ['start_time=now', 'start_time'],
    ['start_time=now-5x', 'start_time'],
    ['end_time=2020-01-01&start_time=2021-01-01', 'start_time'],
    ['limit=1001', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=10&limit=20', 'limit'],
    ['offset=5&cursor=abc', 'offset'],
    ['service=a&service_name=b', 'service'],
    ['serach=x', 'serach'],
    ['search=a%00b', 'search'],
    ['context=status', 'context'],
    ['context=%3D500', 'context'],
    ['__proto__=1', '__proto__'],
  ])('refuses %s, naming the field and what is allowed', async (query, field) => {
    const { problem } = await expectProblem(app, get(`/api/logs/query?${query}`), 400, 'OPS_REQUEST_INVALID');
    expect(problem.errors[0]?.field).toBe(field);
    expect(problem.errors[0]?.reason).not.toBe('');
  });

  it('chooses a width, or refuses one that makes too many buckets and says which would do', async () => {
    await app.inject(get('/api/logs/volume?start_time=now-1d'));
    expect(asked.volume?.bucketSeconds).toBe(900);
    const { problem } = await expectProblem(
      app,
      get('/api/logs/volume?start_time=now-1d&time_bucket=1s'),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors).toEqual([
      {
        field: 'time_bucket',
        reason: 'makes more than 2000 buckets',
        allowed: 'at least 44s for this range, or a shorter range',
      },
    ]);
    await expectProblem(app, get('/api/logs/volume?time_bucket=0s'), 400, 'OPS_REQUEST_INVALID');
  });

  it('marks error spikes and says against what', async () => {
    const answer = (await app.inject(get('/api/logs/error-spikes?time_bucket=1m'))).json<{
      buckets: unknown[];
    }>();
    expect(answer).toMatchObject({
      time_bucket: '1m',
      baseline: 0,
      threshold: 5,
      total: 3,
      next_cursor: null,
    });
    expect(answer.buckets[2]).toEqual({ timestamp: '2026-01-15T12:02:00.000Z', count: 30, spike: true });
    expect(asked.volume?.filter.levels).toEqual(['error', 'fatal']);
  });

  it('answers 404 for a record that is not there', async () => {
    await expectProblem(app, get('/api/logs/abc'), 404, 'OPS_LOG_NOT_FOUND');
    await expectProblem(app, get('/api/logs/a%00b/context'), 404, 'OPS_LOG_NOT_FOUND');
  });
});

describe('what has been deleted because of its age', () => {
  const KEPT_FROM = Date.parse('2026-01-08T00:00:00Z');
  const idAt = (atMs: number) =>
    encodeLogId({
      timestampNs: BigInt(atMs) * 1_000_000n,
      receivedAtMs: NOW,
      index: 0,
      hash: '0'.repeat(10),
    });

  it('is told of a log record by its id, and of no other', async () => {
    const detailOf = async (path: string) =>
      (await expectProblem(app, get(path), 404, 'OPS_LOG_NOT_FOUND')).problem.detail;
    const reason =
      /^this project has no such log record: those from before 2026-01-08T00:00:00.000Z are deleted/;
    expect(await detailOf(`/api/logs/${idAt(KEPT_FROM - 1)}`)).toMatch(reason);
    expect(await detailOf(`/api/logs/${idAt(KEPT_FROM - 1)}/context`)).toMatch(reason);
    expect(await detailOf(`/api/logs/${idAt(KEPT_FROM)}`)).toBe('this project has no such log record');
  });

  it('is told of evidence, which still says what was seen', async () => {
    const evidenceAt = async (atMs: number) =>
      (await app.inject(get(`/api/evidence/${new Date(atMs).toISOString()}`))).json();
    expect(await evidenceAt(KEPT_FROM - 1)).toMatchObject({ data_kept: false, result: { errors: 12 } });
    expect(await evidenceAt(KEPT_FROM)).toMatchObject({ data_kept: true });
  });
});

describe('the queries that evidence names', () => {
  const range = { fromMs: NOW - 60_000, toMs: NOW };

  it('can be sent as they are', async () => {
    const logs = logsPath(range, {
      level: 'error,fatal',
      serviceName: 'a b&c',
      search: 'x "y z"',
      fingerprint: 'f',
    });
    expect((await app.inject(get(logs))).statusCode).toBe(200);
    expect(asked.search).toMatchObject({ range, serviceName: 'a b&c', search: 'x "y z"' });
    const tags = { 'end point': '/users?x=1', a: 'b' };
    const metric = metricPath(range, { metricName: 'lat', tags, aggregation: 'avg', bucketSeconds: 90 });
    expect((await app.inject(get(metric))).statusCode).toBe(200);
    expect(asked.metric).toMatchObject({ range, tags, bucketSeconds: 90 });
  });
});

describe('metrics', () => {
  it('reads one metric with tags', async () => {
    const answer = await app.inject(
      get(
        '/api/metrics/query?metric_name=lat&aggregation=p95&time_bucket=5m&group_by=all&tag.endpoint=/users&service_name=api',
      ),
    );
    expect(asked.metric).toMatchObject({
      metricName: 'lat',
      aggregation: 'p95',
      bucketSeconds: 300,
      groupBy: 'all',
      tags: { endpoint: '/users' },
      serviceName: 'api',
    });
    expect(answer.json()).toEqual({
      metric_name: 'lat',
      aggregation: 'p95',
      time_bucket: '5m',
      series: [
        {
          service_name: 'api',
          tags: { a: 'b' },
          points: [{ timestamp: '2026-01-15T12:00:00.000Z', value: 1.5 }],
        },
      ],
      total: 3,
      next_cursor: null,
    });
  });

  it.each([
    ['', 'metric_name'],
    ['metric_name=a&aggregation=p42', 'aggregation'],
    ['metric_name=a&time_bucket=fortnight', 'time_bucket'],
    ['metric_name=a&tag.x=1&tag.x=2', 'tag.x'],
  ])('refuses "%s"', async (query, field) => {
    const { problem } = await expectProblem(
      app,
      get(`/api/metrics/query?${query}`),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors[0]?.field).toBe(field);
  });

  it('lays several metrics over each other', async () => {
    const body = {
      metrics: [{ name: 'a', service: 'api' }, { name: 'b' }],
      start_time: '2024-01-01T00:00:00Z',
      end_time: '2024-01-01T23:59:59Z',
      time_bucket: '1m',
    };
    const answer = (await app.inject(send('POST', '/api/metrics/query-multiple', body, 'reader'))).json<{
      results: { metric_name: string }[];
    }>();
    expect(answer.results.map((each) => each.metric_name)).toEqual(['a', 'b']);
    await expectProblem(
      app,
      send('POST', '/api/metrics/query-multiple', { metrics: [] }),
      400,
      'OPS_REQUEST_INVALID',
    );
  });
});
