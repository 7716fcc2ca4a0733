import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastify, type FastifyInstance } from 'fastify';
import { createApiApp } from '../../../test/support/api-app';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { waitFor } from '../../../test/support/wait-for';
import { openWebSocket } from '../../../test/support/web-socket';
import { OpsError } from '../../../libs/core/src/common/errors';
import { asId } from '../../../libs/core/src/common/ids';
import type { LogLevel } from '../../../libs/core/src/logs/log-level';
import type { LiveFeed } from '../../../libs/core/src/logs/live-feed.port';
import { LiveReaders } from '../../../libs/core/src/logs/live-readers';
import { routeUpgrades } from '../../../libs/http/src/route-upgrades';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import type { StreamEnd } from './live-stream';
import { WebSocketStream } from './web-socket-stream';

const BUFFER_RECORDS = 100;
const PATH = '/api/logs/ws';

let keys: KeysInMemory;
let feed: LiveReaders;
/** What the next subscription waits for. */
let broker: () => Promise<void>;
let signals: AbortSignal[];
let position: number;
let app: NestFastifyApplication;
let url: string;

async function start(minutes = 60): Promise<void> {
  const live: Partial<LiveFeed> = {
    subscribe: async (scope, filter, onBatch, signal) => {
      signals.push(signal);
      await broker();
      feed.add(scope, filter, onBatch, signal, () => undefined);
    },
  };
  const config = { LOG_STREAMS_MAX: 3, LOG_STREAM_MAX_MINUTES: minutes };
  app = await createApiApp({ apiKeys: keys, live }, 0, config);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
}

beforeEach(async () => {
  keys = new KeysInMemory();
  keys.add('reader');
  keys.add('sender', { permissions: ['ingest'] });
  keys.add('revoked', { revokedAtMs: 5 });
  feed = new LiveReaders(BUFFER_RECORDS);
  broker = () => Promise.resolve();
  signals = [];
  position = 0;
  await start();
});
afterEach(() => app.close());

function publish(messages: readonly string[], level: LogLevel = 'info'): void {
  const records = messages.map((message) => {
    const line = { id: 'id-1', level, service_name: 'cart', message, source: 'api', timestamp: 'then' };
    return { line: JSON.stringify(line), level, serviceName: 'cart', message };
  });
  const count = records.length;
  feed.receive({ projectId: asId(TEST_PROJECT), publisher: 'worker', position, count, records });
  position += count;
}

const open = (path = PATH, key = 'reader') => openWebSocket(`${url}${path}`, { 'x-api-key': key });
type Opened = Awaited<ReturnType<typeof open>>;
const messages = ({ received }: Opened) => received.map((one) => one.message ?? one.log?.message ?? one);
const reaches = (name: string, labels: Record<string, string>, value: number) =>
  waitFor(`${value} ${name}`, async () =>
    (await app.get(AppMetrics, { strict: false }).total(name, labels)) === value ? true : undefined,
  );
const areOpen = (count: number) => reaches('opspilot_stream_connections', { kind: 'websocket' }, count);
const haveEnded = (reason: StreamEnd, count = 1) =>
  reaches('opspilot_stream_ends_total', { kind: 'websocket', reason }, count);

describe('WebSockets of log records', () => {
  it('show to each reader what it asked for, as it is stored', async () => {
    const all = await open();
    const errors = await open(`${PATH}?level=error&service=cart&search=out`);
    publish(['one', 'timed out']);
    publish(['timed out again', 'refused'], 'error');
    await waitFor('all records', () => (all.received.length === 4 ? true : undefined));
    await waitFor('the error', () => (errors.received.length === 1 ? true : undefined));
    expect(messages(all)).toEqual(['one', 'timed out', 'timed out again', 'refused']);
    expect(errors.received).toEqual([
      expect.objectContaining({ id: 'id-1', level: 'error', message: 'timed out again', timestamp: 'then' }),
    ]);
  });

  it('have the shape of Flywatch at its path', async () => {
    const reader = await open('/logs/ws');
    publish(['m'], 'warn');
    await waitFor('the record', () => (reader.received.length === 1 ? true : undefined));
    expect(reader.received[0]).toEqual({
      id: 'id-1',
      event: { provider: 'api' },
      fly: { app: { name: 'cart' } },
      log: { level: 'warn' },
      message: 'm',
      timestamp: 'then',
    });
  });

  it('take the key as a bearer token too, and answer with the id of the request', async () => {
    const reader = await openWebSocket(`${url}${PATH}`, {
      authorization: 'Bearer reader',
      'x-request-id': 'my-id',
    });
    expect(reader.status).toBe(101);
    expect(reader.headers['x-request-id']).toBe('my-id');
    expect(reader.headers['sec-websocket-extensions']).toBeUndefined();
  });

  it('lose the oldest for a client that does not read, tell it how many, and hold no more for it', async () => {
    const quick = await open();
    const slow = await open();
    publish(['first']);
    await waitFor('the first', () => (slow.received.length === 1 ? true : undefined));
    slow.socket.pause();
    const batches = 200;
    for (let batch = 0; batch < batches; batch++) {
      publish(Array.from({ length: 50 }, (_, index) => `${batch}-${index} ${'x'.repeat(1000)}`));
      await waitFor(
        'the quick one',
        () => (String(messages(quick).at(-1)).startsWith(`${batch}-49`) ? true : undefined),
        { everyMs: 1 },
      );
    }
    expect(quick.received).toHaveLength(1 + batches * 50);
    slow.socket.resume();
    await waitFor('the last', () =>
      String(messages(slow).at(-1)).startsWith(`${batches - 1}-49`) ? true : undefined,
    );
    const lost = slow.received.reduce((sum, { lost = 0 }) => sum + lost, 0);
    const shown = slow.received.filter((one) => one.lost === undefined).length;
    expect(shown + lost).toBe(1 + batches * 50);
    // What was on its way to it, and what waited.
    expect(shown).toBeLessThanOrEqual(1 + 50 + BUFFER_RECORDS);
  });

  it('answer with a problem, and no upgrade, where they cannot begin', async () => {
    const refusals: (readonly [number, string, string, string])[] = [
      [400, 'OPS_REQUEST_INVALID', `${PATH}?level=loud`, 'reader'],
      [400, 'OPS_REQUEST_INVALID', '/logs/ws?start_time=now-1h', 'reader'],
      [401, 'OPS_AUTH_UNKNOWN_KEY', PATH, 'nobody'],
      [401, 'OPS_AUTH_REVOKED_KEY', '/logs/ws', 'revoked'],
      [403, 'OPS_AUTH_MISSING_SCOPE', PATH, 'sender'],
      [404, 'OPS_REQUEST_UNKNOWN_ROUTE', '/nothing/ws', 'reader'],
    ];
    for (const [status, code, path, key] of refusals) {
      const refused = await open(path, key);
      expect(refused).toMatchObject({ status, problem: { status, code } });
      expect(refused.headers['content-type']).toBe('application/problem+json');
      expect(refused.headers['connection']).toBe('close');
    }
    broker = () => Promise.reject(new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'no broker'));
    for (let attempt = 0; attempt < 5; attempt++)
      expect(await open()).toMatchObject({ status: 503, problem: { code: 'OPS_ENGINE_UNAVAILABLE' } });
    await reaches('opspilot_http_requests_in_flight', {}, 0);
    await areOpen(0);
  });

  it('say 426 where no WebSocket is asked for', async () => {
    const request = { url: PATH, headers: { 'x-api-key': 'reader' } };
    const { headers } = await expectProblem(app, { method: 'GET', ...request }, 426, 'OPS_REQUEST_UPGRADE');
    expect(headers).toMatchObject({
      upgrade: 'websocket',
      connection: 'upgrade',
      'sec-websocket-version': '13',
    });
    expect((await app.inject({ method: 'HEAD', ...request })).statusCode).toBe(426);
    const post = await expectProblem(app, { method: 'POST', ...request }, 405, 'OPS_REQUEST_METHOD');
    expect(post.headers.allow).toBe('GET, HEAD');
  });

  it.each([
    ['an old version', 'Sec-WebSocket-Version: 8', 426],
    ['no key', 'Sec-WebSocket-Version: 13', 400],
    ['a key that is none', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x', 400],
  ])('answer a handshake with %s with a problem', async (_, fields, status) => {
    const received = await exchange(
      `GET ${PATH} HTTP/1.1\r\nHost: x\r\nX-API-Key: reader\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n\r\n`,
    );
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(received).toContain('application/problem+json');
    await areOpen(0);
  });

  it('are bounded together with the other streams, and make room when one is left', async () => {
    const stream = await fetch(`${url}/api/logs/stream`, { headers: { 'x-api-key': 'reader' } });
    const two = [await open(), await open()];
    const refused = await open();
    expect(refused).toMatchObject({ status: 429, problem: { code: 'OPS_LOG_STREAM_LIMIT' } });
    expect(refused.headers['retry-after']).toBe('10');
    expect((await fetch(`${url}/logs/stream`, { headers: { 'x-api-key': 'reader' } })).status).toBe(429);
    two[0]?.leave();
    await areOpen(1);
    expect((await open()).status).toBe(101);
    await stream.body?.cancel();
  });

  it('are answered requests from the start, and streams until they end', async () => {
    const reader = await open();
    await reaches('opspilot_http_requests_in_flight', {}, 0);
    const { text } = await app.get(AppMetrics, { strict: false }).exposition();
    expect(text).toMatch(/duration_seconds_count\{.*route="\/api\/logs\/ws",status="101".*\} 1/);
    reader.leave();
    await haveEnded('left');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('let go of a client that left before it was answered', async () => {
    let proceed = (): void => undefined;
    broker = () => new Promise((resolve) => (proceed = resolve));
    const socket = ask();
    await waitFor('the subscription', () => signals[0]);
    socket.destroy();
    proceed();
    await areOpen(0);
    await reaches('opspilot_http_requests_in_flight', {}, 0);
    expect(signals[0]?.aborted).toBe(true);
    publish(['to nobody']);
  });

  it('end with 1008, 1009 or 1002 what sends more than control frames', async () => {
    const talks = await open();
    talks.socket.send('{"level":"error"}');
    expect(await talks.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('no messages') });
    const shouts = await open();
    shouts.socket.send(randomBytes(1_000_000));
    expect((await shouts.closed).code).toBe(1009);
    const babbles = await handshake();
    const answer = readAll(babbles);
    babbles.write(Buffer.from([0xff, 0xff, ...randomBytes(200)]));
    // The close frame with its code.
    expect((await answer).includes(Buffer.from([0x88, 0x02, 0x03, 0xea]))).toBe(true);
    await haveEnded('refused', 3);
    expect((await open()).status).toBe(101);
  });

  it('end with 1001 when the process stops, also where a client does not read', async () => {
    const readers = [await open(), await open()];
    const stuck = await handshake();
    stuck.pause();
    await areOpen(3);
    await app.close();
    for (const { closed } of readers) expect(await closed).toMatchObject({ code: 1001 });
    await haveEnded('stopping', 3);
  });

  it('end with 1000 when their time is over', async () => {
    await app.close();
    await start(0.001);
    expect(await (await open()).closed).toMatchObject({
      code: 1000,
      reason: expect.stringContaining('LOG_STREAM_MAX_MINUTES'),
    });
    await haveEnded('over');
  });
});

describe('a WebSocket whose client gives no sign of life', () => {
  let instance: FastifyInstance;
  let ends: StreamEnd[];
  let streams: WebSocketStream[];

  beforeEach(async () => {
    ends = [];
    streams = [];
    instance = fastify();
    routeUpgrades(instance);
    instance.get('/', (_request, reply) => {
      const stream = new WebSocketStream(reply);
      stream.onEnd((end) => ends.push(end));
      stream.begin();
      streams.push(stream);
    });
    url = await instance.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => instance.close());

  it('is ended after three beats; one that answers is not', async () => {
    const [alive, dead] = [await openWebSocket(`${url}/`, {}), await handshake('/')];
    const [first, second] = streams;
    for (let beat = 0; beat < 4; beat++) {
      const answered = new Promise((resolve) => alive.socket.once('ping', resolve));
      first?.beat();
      second?.beat();
      await answered;
      // The pong that was sent after it is read before what is sent then.
      await first?.send(['{}']);
    }
    await waitFor('the end', () => ends[0]);
    expect(ends).toEqual(['unresponsive']);
    expect(dead.destroyed || (await readAll(dead)).length >= 0).toBe(true);
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
    alive.leave();
  });

  it('rejects what is sent once it is gone, and takes no pongs that nobody asked for', async () => {
    const client = await handshake('/');
    const [stream] = streams;
    client.write(maskedFrame(0x8a, '7'));
    const sending = stream?.send(['{}', '{}']);
    client.destroy();
    await expect(sending).rejects.toThrow('gone');
    await expect(stream?.send(['{}'])).rejects.toThrow('gone');
  });
});

/** Of a client, with a mask of zeros. */
function maskedFrame(firstByte: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([firstByte, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** A connection that has asked for a WebSocket, with nobody who answers pings. */
function ask(path = PATH): Socket {
  const fields = `Host: x\r\nX-API-Key: reader\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}`;
  const socket = connectTo(`GET ${path} HTTP/1.1\r\n${fields}\r\n\r\n`);
  socket.on('error', () => undefined);
  return socket;
}

async function handshake(path = PATH): Promise<Socket> {
  const socket = ask(path);
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

function connectTo(sent: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(sent));
  return socket;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

async function exchange(sent: string): Promise<string> {
  return (await readAll(connectTo(sent))).toString();
}
