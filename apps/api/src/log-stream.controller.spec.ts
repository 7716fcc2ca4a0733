import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { openEventStream } from '../../../test/support/event-stream';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';
import { waitFor } from '../../../test/support/wait-for';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { LiveBatch, LiveFeed, LiveFilter } from '../../../libs/core/src/logs/live-feed.port';

const LINE = JSON.stringify({
  id: 'id-1',
  level: 'warn',
  service_name: 'cart',
  message: 'm',
  source: 'api',
  timestamp: '2026-01-15T12:00:00.000Z',
  context: { region: 'fra', n: 1 },
});

/** Who has subscribed. */
const readers: { filter: LiveFilter; onBatch: (batch: LiveBatch) => Promise<void>; signal: AbortSignal }[] =
  [];
const keys = new KeysInMemory();
let isDown = false;
let nowMs = 0;
let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  keys.add('reader');
  keys.add('sender', { permissions: ['ingest'] });
  const live = {
    subscribe: async (...[, filter, onBatch, signal]: Parameters<LiveFeed['subscribe']>) => {
      if (isDown) throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the broker does not answer');
      readers.push({ filter, onBatch, signal });
    },
  };
  app = await createApiApp({ apiKeys: keys, live, clock: { now: () => nowMs } }, 0, { LOG_STREAMS_MAX: 2 });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(() => app.close());

const open = (path: string) => openEventStream(`${url}${path}`, { 'x-api-key': 'reader' });
const lastReader = () => {
  const reader = readers.at(-1);
  if (reader === undefined) throw new Error('nobody has subscribed');
  return reader;
};

describe('streams of log records', () => {
  it('show records as they are, and how many were lost', async () => {
    const stream = await open('/api/logs/stream?level=warn&service=cart&search=m');
    expect(lastReader().filter).toEqual({ levels: ['warn'], serviceName: 'cart', search: 'm' });
    await lastReader().onBatch({ lines: [LINE], lost: 3 });
    await waitFor('both events', () => (stream.received.length === 2 ? true : undefined));
    expect(stream.received).toEqual([
      { event: 'lost', data: { lost: 3 } },
      { event: 'message', data: JSON.parse(LINE) },
    ]);
    stream.leave();
    await waitFor('the reader to leave', () => (lastReader().signal.aborted ? true : undefined));
  });

  it('have the shape of Flywatch at its path', async () => {
    const stream = await open('/logs/stream');
    await lastReader().onBatch({ lines: [LINE], lost: 0 });
    await waitFor('the event', () => (stream.received.length === 1 ? true : undefined));
    expect(stream.received[0]?.data).toEqual({
      id: 'id-1',
      event: { provider: 'api' },
      fly: { app: { name: 'cart' }, region: 'fra' },
      log: { level: 'warn' },
      message: 'm',
      timestamp: '2026-01-15T12:00:00.000Z',
    });
    stream.leave();
    await waitFor('the reader to leave', () => (lastReader().signal.aborted ? true : undefined));
  });

  it('make who publishes wait while the client does not read', async () => {
    const stream = await open('/api/logs/stream');
    const large = JSON.stringify({ message: 'x'.repeat(8_000_000) });
    const writing = lastReader().onBatch({ lines: [large], lost: 0 });
    const outcome = writing.then(
      () => 'written',
      () => 'given up',
    );
    stream.leave();
    expect(['written', 'given up']).toContain(await outcome);
    await waitFor('the reader to leave', () => (lastReader().signal.aborted ? true : undefined));
  });

  it('show their head alone to who asks for no more, and keep no place for them', async () => {
    const signal = AbortSignal.timeout(5000);
    for (let asked = 0; asked < 3; asked++) {
      const headers = { 'x-api-key': 'reader' };
      const answer = await fetch(`${url}/api/logs/stream`, { method: 'HEAD', headers, signal });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
      ]);
      await waitFor('the reader to leave', () => (lastReader().signal.aborted ? true : undefined));
    }
  });

  it('end when their key is revoked, and no other does', async () => {
    keys.add('lent');
    const mine = await open('/api/logs/stream');
    const lent = await openEventStream(`${url}/api/logs/stream`, { 'x-api-key': 'lent' });
    const { signal } = lastReader();
    keys.add('lent', { revokedAtMs: nowMs });
    nowMs += 5001;
    await waitFor('the end of the stream', () => (signal.aborted ? true : undefined), { deadlineMs: 30_000 });
    expect(await lent.ended).toBe('ended');
    await readers.at(-2)?.onBatch({ lines: [LINE], lost: 0 });
    await waitFor('an event of the other', () => (mine.received.length === 1 ? true : undefined));
    mine.leave();
    await waitFor('the reader to leave', () => (readers.at(-2)?.signal.aborted ? true : undefined));
  }, 40_000);

  it('answer with a problem where they cannot begin', async () => {
    const get = (path: string, key: string) => ({
      method: 'GET' as const,
      url: path,
      headers: { 'x-api-key': key },
    });
    await expectProblem(app, get('/api/logs/stream?level=loud', 'reader'), 400, 'OPS_REQUEST_INVALID');
    await expectProblem(app, get('/api/logs/stream?start_time=now-1h', 'reader'), 400, 'OPS_REQUEST_INVALID');
    await expectProblem(app, get('/logs/stream', 'sender'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(app, get('/logs/stream', 'nobody'), 401, 'OPS_AUTH_UNKNOWN_KEY');
    isDown = true;
    for (let attempt = 0; attempt < 5; attempt++)
      await expectProblem(app, get('/logs/stream', 'reader'), 503, 'OPS_ENGINE_UNAVAILABLE');
    isDown = false;
  });

  it('are bounded, and end when the process stops', async () => {
    const streams = [await open('/logs/stream'), await open('/api/logs/stream')];
    const refused = await open('/logs/stream');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.body()).toMatchObject({ code: 'OPS_LOG_STREAM_LIMIT' });
    await app.close();
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(['ended', 'ended']);
  });
});
