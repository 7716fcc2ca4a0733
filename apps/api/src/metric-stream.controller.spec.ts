import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';
import { waitFor } from '../../../test/support/wait-for';
import { openWebSocket } from '../../../test/support/web-socket';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { MetricLine, MetricQuery } from '../../../libs/core/src/metrics/metric-query';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';

const NOW = Date.parse('2026-01-15T12:00:03Z');
const PATH = '/api/metrics/ws?metric_name=latency_ms_p95';

let asked: MetricQuery[];
let isDown: boolean;
let value: number;
let app: NestFastifyApplication;
let url: string;

function line(serviceName: string, points: MetricLine['points']): MetricLine {
  return { metricName: 'latency_ms_p95', serviceName, tags: { endpoint: '/users' }, points };
}

beforeEach(async () => {
  asked = [];
  isDown = false;
  value = 0;
  const apiKeys = new KeysInMemory();
  apiKeys.add('reader');
  apiKeys.add('sender', { permissions: ['ingest'] });
  const query = async (_scope: unknown, query: MetricQuery) => {
    if (isDown) throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the database does not answer');
    asked.push(query);
    value += 1;
    const points = [
      { atMs: NOW - 13_000, value: 7 },
      { atMs: NOW - 3000, value },
    ];
    return { lines: [line('api', points), line('cart', [])], totalLines: 2 };
  };
  app = await createApiApp({ apiKeys, metrics: { query } }, NOW, { LOG_STREAMS_MAX: 2 });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterEach(() => app.close());

const open = (path = PATH, key = 'reader') => openWebSocket(`${url}${path}`, { 'x-api-key': key });
const shows = ({ received }: Awaited<ReturnType<typeof open>>, count: number) =>
  waitFor(`${count} messages`, () => (received.length >= count ? true : undefined));

describe('a WebSocket of a metric', () => {
  it('shows again and again the newest bucket of each line, of the last ten', async () => {
    const reader = await open(`${PATH}&service_name=api&tag.endpoint=/users&aggregation=max`);
    await shows(reader, 3);
    expect(asked[0]).toEqual({
      metricName: 'latency_ms_p95',
      serviceName: 'api',
      tags: { endpoint: '/users' },
      aggregation: 'max',
      groupBy: 'series',
      bucketSeconds: 10,
      range: { fromMs: NOW - 93_000, toMs: NOW + 7000 },
      limit: 100,
    });
    const message = (newest: number) => ({
      timestamp: '2026-01-15T12:00:03.000Z',
      metric_name: 'latency_ms_p95',
      aggregation: 'max',
      time_bucket: '10s',
      series: [
        {
          service_name: 'api',
          tags: { endpoint: '/users' },
          timestamp: '2026-01-15T12:00:00.000Z',
          value: newest,
        },
      ],
      total: 2,
    });
    expect(reader.received.slice(0, 3)).toEqual([message(1), message(2), message(3)]);
  });

  it('asks once for all who want to know the same, and no more when they have left', async () => {
    const readers = [await open(), await open()];
    for (const reader of readers) await shows(reader, 4);
    const sent = readers.reduce((sum, { received }) => sum + received.length, 0);
    expect(asked.length).toBeLessThan(sent);
    for (const { leave } of readers) leave();
    const metrics = app.get(AppMetrics, { strict: false });
    await waitFor('the end of both', async () => {
      const ended = await metrics.total('opspilot_stream_ends_total', { subject: 'metrics', reason: 'left' });
      return ended === 2 ? true : undefined;
    });
    const other = await open(`${PATH}&limit=1`);
    const before = asked.length;
    await shows(other, 3);
    expect(asked.slice(before).map(({ limit }) => limit)).not.toContain(100);
  });

  it('answers with a problem where it cannot begin', async () => {
    const get = (path: string, key = 'reader') => ({ url: path, headers: { 'x-api-key': key } });
    await expectProblem(app, get(PATH), 426, 'OPS_REQUEST_UPGRADE');
    await expectProblem(app, get(PATH, 'sender'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(app, get('/api/metrics/ws'), 400, 'OPS_REQUEST_INVALID');
    await expectProblem(app, get(`${PATH}&time_bucket=1h`), 400, 'OPS_REQUEST_INVALID');
    await expectProblem(app, get(`${PATH}&limit=101`), 400, 'OPS_REQUEST_INVALID');
    isDown = true;
    expect(await open()).toMatchObject({ status: 503, problem: { code: 'OPS_ENGINE_UNAVAILABLE' } });
    isDown = false;
    await open();
    await open('/metrics/ws');
    expect(await open()).toMatchObject({ status: 429, problem: { code: 'OPS_LOG_STREAM_LIMIT' } });
  });

  it('ends with 1013 when the store fails, and begins again after that', async () => {
    const reader = await open();
    isDown = true;
    expect((await reader.closed).code).toBe(1013);
    isDown = false;
    await shows(await open(), 2);
  });
});

describe('GET /metrics/ws', () => {
  it('shows what /metrics shows as JSON, until the process stops', async () => {
    const reader = await open('/metrics/ws');
    await shows(reader, 2);
    expect(reader.received[1]).toMatchObject({
      timestamp: '2026-01-15T12:00:03.000Z',
      connected: {},
      active_http_requests: 0,
      active_sse_connections: 0,
      active_ws_connections: 1,
      system: { memory_usage_percent: expect.any(Number), cpu_usage_percent: expect.any(Number) },
    });
    await expectProblem(app, { url: '/metrics/ws' }, 401, 'OPS_AUTH_MISSING_KEY');
    await app.close();
    expect((await reader.closed).code).toBe(1001);
  });
});
