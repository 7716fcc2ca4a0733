import { randomUUID } from 'node:crypto';
import { type Api, apiOf } from '../support/api';
import { openEventStream } from '../support/event-stream';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';
import { openWebSocket } from '../support/web-socket';

/** What a reader of either kind has seen. */
interface Reader {
  readonly data: readonly any[]; // eslint-disable-line @typescript-eslint/no-explicit-any
  leave(): void;
}

describe('watching logs and metrics as they come', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;
  let readers: Reader[] = [];

  beforeAll(async () => {
    opspilot = await startOpsPilot({ environment: { LOG_STREAMS_MAX: '3' } });
    api = apiOf(opspilot);
  }, 120_000);
  afterEach(async () => {
    for (const reader of readers) reader.leave();
    readers = [];
    await openStreams(0);
  });
  afterAll(() => opspilot.remove());

  const headers = () => ({ 'x-api-key': opspilot.apiKey });
  const open = async (path: string) => {
    const stream = await openEventStream(`${opspilot.url}${path}`, headers());
    const reader = {
      ...stream,
      get data() {
        return stream.received.map(({ data }) => data);
      },
    };
    readers.push(reader);
    return reader;
  };
  const openSocket = async (path: string) => {
    const socket = await openWebSocket(`${opspilot.url}${path}`, headers());
    const reader = { ...socket, data: socket.received };
    readers.push(reader);
    return reader;
  };
  const send = (logs: readonly object[]) => api.post('/api/ingest/logs', { logs });
  const openStreams = (count: number) =>
    waitFor(`${count} open streams`, async () => {
      const { body } = await api.get('/metrics');
      const figures = String(body).matchAll(/^opspilot_stream_connections\{.*\} (\d+)$/gm);
      return [...figures].reduce((sum, [, figure]) => sum + Number(figure), 0) === count ? true : undefined;
    });

  /** Best effort: records sent before the worker has heard of the reader are not shown. */
  async function seen(reader: Reader, service: string) {
    return waitFor(
      `a record of ${service}`,
      async () => {
        await send([{ message: 'ping pong', level: 'error', service }]);
        return reader.data.find((one) => one.service_name === service || one.fly?.app.name === service);
      },
      { everyMs: 200 },
    );
  }

  it('shows what is stored from then on, filtered as a query is', async () => {
    const service = `s-${randomUUID()}`;
    const all = await open('/api/logs/stream');
    const errors = await open(`/api/logs/stream?level=error&service=${service}&search=%22ping%20pong%22`);
    expect(all.status).toBe(200);
    expect(all.headers.get('content-type')).toContain('text/event-stream');
    const record = await seen(errors, service);
    expect(record).toMatchObject({ level: 'error', message: 'ping pong', service_name: service });
    await send([
      { message: 'ping pong', level: 'info', service },
      { message: 'pong ping', level: 'error', service },
      { message: 'the last', level: 'info', service },
    ]);
    await waitFor('the last', () => all.data.find((one) => one.message === 'the last'));
    expect(new Set(errors.data.map((one) => `${one.level} ${one.message}`))).toEqual(
      new Set(['error ping pong']),
    );
    const found = await api.get(`/api/logs/${record.id}`);
    expect(found.body).toMatchObject({ id: record.id });
  });

  it('shows them in the shape of Flywatch at its path', async () => {
    const service = `s-${randomUUID()}`;
    const stream = await open('/logs/stream');
    expect(await seen(stream, service)).toMatchObject({
      event: { provider: 'api' },
      fly: { app: { name: service } },
      log: { level: 'error' },
      message: 'ping pong',
      timestamp: expect.any(String),
    });
  });

  it('shows the same over WebSockets', async () => {
    const service = `s-${randomUUID()}`;
    const errors = await openSocket(`/api/logs/ws?level=error&service=${service}&search=%22ping%20pong%22`);
    const asFlywatch = await openSocket(`/logs/ws?service=${service}`);
    const record = await seen(errors, service);
    expect(record).toMatchObject({ level: 'error', message: 'ping pong', service_name: service });
    expect((await api.get(`/api/logs/${record.id}`)).body).toMatchObject({ id: record.id });
    expect(await seen(asFlywatch, service)).toMatchObject({
      fly: { app: { name: service } },
      message: 'ping pong',
    });
    const refused = await openWebSocket(`${opspilot.url}/api/logs/ws`, { 'x-api-key': 'nobody' });
    expect(refused).toMatchObject({ status: 401, problem: { code: 'OPS_AUTH_UNKNOWN_KEY' } });
  });

  it('shows a metric as it changes, and the process itself', async () => {
    const name = `m_${randomUUID().replaceAll('-', '_')}`;
    const sendMetric = (value: number) =>
      api.post('/api/ingest/metrics', {
        metrics: [{ name, value, service: 'cart', tags: { endpoint: '/users' } }],
      });
    const live = await openSocket(`/api/metrics/ws?metric_name=${name}&aggregation=max&tag.endpoint=/users`);
    for (const value of [125.5, 250]) {
      await sendMetric(value);
      const shown = await waitFor(`the value ${value}`, () =>
        live.data.find(({ series }) => series[0]?.value === value),
      );
      expect(shown).toMatchObject({
        metric_name: name,
        time_bucket: '10s',
        series: [{ service_name: 'cart', tags: { endpoint: '/users' } }],
        total: 1,
      });
    }
    const own = await openSocket('/metrics/ws');
    const figures = await waitFor('figures', () => own.data[0]);
    expect(figures).toMatchObject({ active_ws_connections: expect.any(Number), system: expect.anything() });
  });

  it('bounds how many are open at once, and makes room when one is left', async () => {
    const first = await open('/api/logs/stream');
    await open('/logs/stream');
    await openSocket('/logs/ws');
    await openStreams(3);
    const fourth = await open('/api/logs/stream');
    expect(fourth.status).toBe(429);
    expect(fourth.headers.get('retry-after')).not.toBeNull();
    expect(await fourth.body()).toMatchObject({ code: 'OPS_LOG_STREAM_LIMIT' });
    expect((await openSocket('/api/logs/ws')).problem).toMatchObject({ code: 'OPS_LOG_STREAM_LIMIT' });
    first.leave();
    await openStreams(2);
    expect((await openSocket('/api/logs/ws')).status).toBe(101);
  });
});
