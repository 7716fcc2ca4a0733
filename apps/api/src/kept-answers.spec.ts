import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT } from '../../../test/support/keys-in-memory';
import type { Config } from '../../../libs/config/src/load-config';
import { asId } from '../../../libs/core/src/common/ids';

const NOON = Date.parse('2026-01-15T12:00:00Z');
const SECOND = 1000;
const CLOSED = 'start_time=2026-01-14T11:00:00Z&end_time=2026-01-14T12:00:00Z&time_bucket=1h';

let app: NestFastifyApplication;
let nowMs: number;
let stored: number;
let asked: number;

async function start(config: Partial<Config> = {}): Promise<void> {
  const keys = new KeysInMemory();
  keys.add('reader');
  keys.add('stranger', { projectId: asId(OTHER_PROJECT) });
  const ports = {
    apiKeys: keys,
    clock: { now: () => nowMs },
    logs: {
      volume: async () => {
        asked++;
        return [{ startMs: NOON, count: stored, byLevel: { info: stored } }];
      },
      search: async () => ({ items: [], total: 0 }),
    },
  };
  app = await createApiApp(ports, NOON, config);
}

async function countOf(query: string, key?: string) {
  const answer = await app.inject(get(`/api/logs/volume?${query}`, key));
  const body = answer.json<{ buckets: readonly { count: number }[] }>();
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  return [answer.headers['x-cache'], body.buckets[0]?.count];
}

beforeEach(() => {
  nowMs = NOON;
  stored = 1;
  asked = 0;
});
afterEach(() => app.close());

describe('kept answers', () => {
  it('are shown for a second where the range may still grow, and asked for again then', async () => {
    await start();
    expect(await countOf('start_time=now-1h')).toEqual(['miss', 1]);
    stored = 2;
    nowMs += SECOND - 1;
    expect(await countOf('start_time=now-1h')).toEqual(['hit', 1]);
    nowMs += 1;
    expect(await countOf('start_time=now-1h')).toEqual(['miss', 2]);
  });

  it('are shown the longer, the longer an old range has had the same answer, and not after it changed', async () => {
    await start();
    expect(await countOf(CLOSED)).toEqual(['miss', 1]);
    nowMs += 30 * SECOND;
    expect(await countOf(CLOSED)).toEqual(['miss', 1]);
    nowMs += 29 * SECOND;
    expect(await countOf(CLOSED)).toEqual(['hit', 1]);
    stored = 2;
    nowMs += SECOND;
    expect(await countOf(CLOSED)).toEqual(['miss', 2]);
    stored = 3;
    nowMs += SECOND;
    expect(await countOf(CLOSED)).toEqual(['miss', 3]);
    expect(asked).toBe(4);
  });

  it('are not shown by a process whose clock is behind that of whoever asked, or was set back', async () => {
    await start();
    expect(await countOf('start_time=now-1h')).toEqual(['miss', 1]);
    stored = 2;
    nowMs -= 3600 * SECOND;
    expect(await countOf('start_time=now-1h')).toEqual(['miss', 2]);
    expect(await countOf('start_time=now-1h')).toEqual(['hit', 2]);
  });

  it('are shown to their own project and for their own parameters only', async () => {
    await start();
    await countOf(CLOSED);
    expect(await countOf(CLOSED, 'stranger')).toEqual(['miss', 1]);
    expect(await countOf(`${CLOSED}&level=error`)).toEqual(['miss', 1]);
    expect(await countOf(CLOSED)).toEqual(['hit', 1]);
  });

  it('are none of errors, and none where they are turned off', async () => {
    await start({ QUERY_CACHE_MAX_SECONDS: 0 });
    expect(await countOf(CLOSED)).toEqual([undefined, 1]);
    expect(await countOf(CLOSED)).toEqual([undefined, 1]);
    const empty = get('/api/logs/volume?start_time=now&end_time=now-1h');
    await expectProblem(app, empty, 400, 'OPS_REQUEST_INVALID');
  });
});

describe('the rate of requests', () => {
  it('is what the configuration says for each key, and says when to come again', async () => {
    await start({ RATE_LIMIT_API_PER_SECOND: 2 });
    for (const left of [3, 2, 1, 0]) {
      const { headers, statusCode } = await app.inject(get('/api/logs/query'));
      expect([statusCode, headers['ratelimit']]).toEqual([200, `"api";r=${left};t=0`]);
    }
    const refused = await app.inject(get('/api/logs/query'));
    expect(refused.headers).toMatchObject({ 'retry-after': '1', 'ratelimit-policy': '"api";q=4;w=2' });
    await expectProblem(app, get('/api/logs/query'), 429, 'OPS_REQUEST_RATE');
    expect((await app.inject({ method: 'GET', url: '/healthz' })).statusCode).toBe(200);
    nowMs += 500;
    expect((await app.inject(get('/api/logs/query'))).statusCode).toBe(200);
  });

  it('has no limit by default', async () => {
    await start();
    const { headers } = await app.inject(get('/api/logs/query'));
    expect(headers).not.toHaveProperty('ratelimit');
  });
});
