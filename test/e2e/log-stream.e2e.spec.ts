import { randomUUID } from 'node:crypto';
import { type Api, apiOf } from '../support/api';
import { openEventStream } from '../support/event-stream';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

type Stream = Awaited<ReturnType<typeof openEventStream>>;

describe('watching logs as they come', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;
  let streams: Stream[] = [];

  beforeAll(async () => {
    opspilot = await startOpsPilot({ environment: { LOG_STREAMS_MAX: '3' } });
    api = apiOf(opspilot);
  }, 120_000);
  afterEach(async () => {
    for (const stream of streams) stream.leave();
    streams = [];
    await openStreams(0);
  });
  afterAll(() => opspilot.remove(), 60_000);

  const open = async (path: string) => {
    const stream = await openEventStream(`${opspilot.url}${path}`, { 'x-api-key': opspilot.apiKey });
    streams.push(stream);
    return stream;
  };
  const send = (logs: readonly object[]) => api.post('/api/ingest/logs', { logs });
  const openStreams = (count: number) =>
    waitFor(`${count} open streams`, async () => {
      const { body } = await api.get('/metrics');
      return new RegExp(`^opspilot_log_stream_connections\\{?[^}]*\\}? ${count}$`, 'm').test(String(body))
        ? true
        : undefined;
    });

  /** Best effort: records sent before the worker has heard of the reader are not shown. */
  async function seen(stream: Stream, service: string) {
    return waitFor(
      `a record of ${service}`,
      async () => {
        await send([{ message: 'ping pong', level: 'error', service }]);
        return stream.received.find(
          ({ data }) => data.service_name === service || data.fly?.app.name === service,
        );
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
    const { data } = await seen(errors, service);
    expect(data).toMatchObject({ level: 'error', message: 'ping pong', service_name: service });
    await send([
      { message: 'ping pong', level: 'info', service },
      { message: 'pong ping', level: 'error', service },
      { message: 'the last', level: 'info', service },
    ]);
    await waitFor('the last', () => all.received.find((one) => one.data.message === 'the last'));
    expect(new Set(errors.received.map((one) => `${one.data.level} ${one.data.message}`))).toEqual(
      new Set(['error ping pong']),
    );
    const found = await api.get(`/api/logs/${data.id}`);
    expect(found.body).toMatchObject({ id: data.id });
  }, 30_000);

  it('shows them in the shape of Flywatch at its path', async () => {
    const service = `s-${randomUUID()}`;
    const stream = await open('/logs/stream');
    const { data } = await seen(stream, service);
    expect(data).toMatchObject({
      event: { provider: 'api' },
      fly: { app: { name: service } },
      log: { level: 'error' },
      message: 'ping pong',
      timestamp: expect.any(String),
    });
  }, 30_000);

  it('bounds how many are open at once, and makes room when one is left', async () => {
    const [first] = [await open('/api/logs/stream'), await open('/logs/stream'), await open('/logs/stream')];
    await openStreams(3);
    const fourth = await open('/api/logs/stream');
    expect(fourth.status).toBe(429);
    expect(fourth.headers.get('retry-after')).not.toBeNull();
    expect(await fourth.body()).toMatchObject({ code: 'OPS_LOG_STREAM_LIMIT' });
    first?.leave();
    await openStreams(2);
    expect((await open('/api/logs/stream')).status).toBe(200);
  }, 30_000);
});
