import { randomUUID } from 'node:crypto';
import { type Api, apiOf, gzipped } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

describe('ingest and read back', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;

  beforeAll(async () => {
    opspilot = await startOpsPilot();
    api = apiOf(opspilot);
  }, 120_000);
  afterAll(() => opspilot.remove());

  /** All records of one service, once there are as many as expected. */
  async function logsOf(service: string, count: number) {
    return waitFor(`${count} records of ${service}`, async () => {
      const { body } = await api.get(
        `/api/logs/query?service_name=${service}&start_time=2000-01-01T00:00:00Z&limit=1000`,
      );
      return body.total >= count ? body : undefined;
    });
  }

  it('stores what the seed body says and gives it back', async () => {
    const service = `s-${randomUUID()}`;
    const timestamp = new Date(Date.now() - 60_000).toISOString();
    const sent = await api.post('/api/ingest/logs', {
      logs: [
        {
          level: 'ERROR',
          message: 'Database connection failed',
          service,
          timestamp,
          context: { error_code: 'DB_001', stack_trace: 'at a\nat b', nested: { deep: 1 } },
          trace_id: 'abc123',
        },
      ],
    });
    expect(sent).toMatchObject({ status: 202, body: { accepted: 1, rejected: 0 } });
    const { logs, total, next_cursor: nextCursor } = await logsOf(service, 1);
    expect({ total, nextCursor }).toEqual({ total: 1, nextCursor: null });
    expect(logs[0]).toMatchObject({
      level: 'error',
      message: 'Database connection failed',
      service_name: service,
      timestamp,
      trace_id: 'abc123',
      context: { error_code: 'DB_001', stack_trace: 'at a\nat b', 'nested.deep': 1 },
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    const byTrace = await api.get('/api/logs/query?trace_id=abc123&service_name=' + service);
    expect(byTrace.body.total).toBe(1);
  });

  it('says without a key what may be sent, where it is sent to', async () => {
    const response = await fetch(new URL('/api/ingest/openapi.json', opspilot.url));
    const document = (await response.json()) as {
      paths: Record<string, { post?: { requestBody: { content: Record<string, { schema: object }> } } }>;
    };
    const fields = Object.entries(document.paths).map(([path, { post }]) => {
      const schema = post?.requestBody.content['application/json']?.schema;
      return [path, schema && 'properties' in schema ? Object.keys(schema.properties as object) : []];
    });
    expect(fields).toEqual([
      ['/api/ingest/events', ['events']],
      ['/api/ingest/logs', ['logs']],
      ['/api/ingest/metrics', ['metrics']],
      ['/api/ingest/openapi.json', []],
    ]);
  });

  it('rejects bad records by index and reason and accepts their neighbours', async () => {
    const service = `s-${randomUUID()}`;
    const { status, body } = await api.post('/api/ingest/logs', {
      logs: [
        { message: 'good one', service },
        { level: 'INFO', service },
        42,
        { message: 'good two', service },
      ],
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 2, rejected: 2 });
    expect(body.errors.map(({ index }: { index: number }) => index)).toEqual([1, 2]);
    expect((await logsOf(service, 2)).total).toBe(2);
  });

  it('makes one record of a request that is repeated with its Idempotency-Key, also at the same time', async () => {
    const service = `s-${randomUUID()}`;
    const headers = { 'idempotency-key': randomUUID() };
    const body = {
      logs: Array.from({ length: 50 }, (_, index) => ({ message: `record ${index}`, service })),
    };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.post('/api/ingest/logs', body, headers)),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    await logsOf(service, 50);
    const marker = `m-${randomUUID()}`;
    await api.post('/api/ingest/logs', { logs: [{ message: 'after', service: marker }] });
    await logsOf(marker, 1);
    expect((await logsOf(service, 50)).total).toBe(50);
    const other = await api.post(
      '/api/ingest/logs',
      { logs: [{ message: 'another body', service }] },
      headers,
    );
    expect(other).toMatchObject({ status: 422, body: { code: 'OPS_INGEST_IDEMPOTENCY_MISMATCH' } });
  });

  it('takes gzip, NDJSON and a bare array', async () => {
    const service = `s-${randomUUID()}`;
    const key = { 'x-api-key': opspilot.apiKey };
    const record = { message: 'packed', service };
    const bodies: [string | Uint8Array, Record<string, string>][] = [
      [gzipped({ logs: [record] }), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
      [`${JSON.stringify(record)}\n${JSON.stringify(record)}\n`, { 'content-type': 'application/x-ndjson' }],
      [JSON.stringify([record]), { 'content-type': 'application/json' }],
    ];
    for (const [body, headers] of bodies) {
      expect((await api.raw('POST', '/api/ingest/logs', body, { ...key, ...headers })).status).toBe(202);
    }
    expect((await logsOf(service, 4)).total).toBe(4);
  });

  it('pages through records of one instant by cursor without loss or repetition, in the order they were sent', async () => {
    const service = `s-${randomUUID()}`;
    const timestamp = new Date().toISOString();
    const messages = Array.from({ length: 25 }, (_, index) => `line ${index}`);
    await api.post('/api/ingest/logs', {
      logs: messages.map((message) => ({ message, service, timestamp })),
    });
    await logsOf(service, 25);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.get(`/api/logs/query?service_name=${service}&limit=10&order=asc${cursor}`);
      seen.push(...body.logs.map(({ message }: { message: string }) => message));
      cursor = body.next_cursor === null ? '' : `&cursor=${encodeURIComponent(body.next_cursor)}`;
    } while (cursor !== '');
    expect(seen).toEqual(messages);
  });

  it('shows the neighbours of a record in its service', async () => {
    const service = `s-${randomUUID()}`;
    const startMs = Date.now() - 60_000;
    const logs = Array.from({ length: 30 }, (_, index) => ({
      message: `step ${index}`,
      service,
      timestamp: new Date(startMs + index * 1000).toISOString(),
    }));
    await api.post('/api/ingest/logs', { logs });
    const { logs: stored } = await logsOf(service, 30);
    const middle = stored.find(({ message }: { message: string }) => message === 'step 15');
    const { status, body } = await api.get(`/api/logs/${middle.id}/context`);
    expect(status).toBe(200);
    const texts = (list: { message: string }[]) => list.map(({ message }) => message);
    expect(texts(body.before)).toEqual(Array.from({ length: 10 }, (_, index) => `step ${index + 5}`));
    expect(body.log.message).toBe('step 15');
    expect(texts(body.after)).toEqual(Array.from({ length: 10 }, (_, index) => `step ${index + 16}`));
  });

  it('searches words and phrases, filters by level, and counts volume and error spikes', async () => {
    const service = `s-${randomUUID()}`;
    const minuteMs = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
    const at = (offsetMs: number) => new Date(minuteMs + offsetMs).toISOString();
    const logs = [
      { level: 'ERROR', message: 'connection refused by db-1', service, timestamp: at(0) },
      { level: 'ERROR', message: 'Connection reset', service, timestamp: at(60_000) },
      { level: 'WARN', message: 'refused a connection', service, timestamp: at(61_000) },
      ...Array.from({ length: 20 }, () => ({
        level: 'ERROR',
        message: 'boom',
        service,
        timestamp: at(240_000),
      })),
    ];
    await api.post('/api/ingest/logs', { logs });
    await logsOf(service, 23);
    const range = `service_name=${service}&start_time=${at(0)}&end_time=${at(300_000)}`;
    const count = async (query: string) => (await api.get(`/api/logs/query?${range}&${query}`)).body.total;
    expect(await count('search=connection')).toBe(3);
    expect(await count('search=connection%20refused')).toBe(2);
    expect(await count('search=%22connection%20refused%22')).toBe(1);
    expect(await count('level=ERROR')).toBe(22);
    const { body: volume } = await api.get(`/api/logs/volume?${range}&time_bucket=1m`);
    expect(volume.buckets.map((bucket: { count: number }) => bucket.count)).toEqual([1, 2, 0, 0, 20]);
    const { body: spikes } = await api.get(`/api/logs/error-spikes?${range}`);
    const spiking = spikes.buckets.filter((bucket: { spike: boolean }) => bucket.spike);
    expect(spiking.map((bucket: { timestamp: string }) => bucket.timestamp)).toEqual([at(240_000)]);
  });

  it('stores samples once and aggregates them by bucket', async () => {
    const name = `latency_${randomUUID().slice(0, 8)}`;
    const minuteMs = Math.floor(Date.now() / 60_000) * 60_000 - 300_000;
    const metrics = Array.from({ length: 12 }, (_, index) => ({
      name,
      value: index,
      service: 'api',
      timestamp: new Date(minuteMs + index * 10_000).toISOString(),
      tags: { endpoint: '/users' },
    }));
    for (let repeat = 0; repeat < 2; repeat++) {
      expect(await api.post('/api/ingest/metrics', { metrics })).toMatchObject({
        status: 202,
        body: { accepted: 12 },
      });
    }
    const query = `metric_name=${name}&start_time=${new Date(minuteMs).toISOString()}&end_time=${new Date(minuteMs + 120_000).toISOString()}&time_bucket=1m`;
    const series = await waitFor('12 samples', async () => {
      const { body } = await api.get(`/api/metrics/query?${query}&aggregation=count`);
      const points = body.series[0]?.points ?? [];
      return points.length === 2 ? points : undefined;
    });
    expect(series.map(({ value }: { value: number }) => value)).toEqual([6, 6]);
    const { body } = await api.get(`/api/metrics/query?${query}&aggregation=avg`);
    expect(body.series[0].points.map(({ value }: { value: number }) => value)).toEqual([2.5, 8.5]);
    expect(body).toMatchObject({ total: 1, next_cursor: null });
  });

  it('every role is healthy and ready, and counts in Prometheus text and in JSON', async () => {
    for (const path of ['/health', '/healthz', '/ready'])
      expect((await fetch(opspilot.url + path)).status).toBe(200);
    const text = await (await fetch(`${opspilot.url}/metrics`)).text();
    expect(text).toMatch(/^# HELP opspilot_/m);
    const json = await (
      await fetch(`${opspilot.url}/metrics`, { headers: { accept: 'application/json' } })
    ).json();
    expect(json).toMatchObject({
      uptime_seconds: expect.any(Number),
      system: { memory_used_bytes: expect.any(Number) },
    });
  });
});
