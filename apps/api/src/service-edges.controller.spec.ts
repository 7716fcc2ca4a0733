import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceEdgeFilter } from '../../../libs/core/src/services/service-edge-store.port';
import { createApiApp } from '../../../test/support/api-app';
import { get } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory } from '../../../test/support/keys-in-memory';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const keys = new KeysInMemory();
const asked: { filter?: ServiceEdgeFilter; limit?: number; cursor?: string | undefined } = {};
let app: NestFastifyApplication;

beforeAll(async () => {
  keys.add('reader');
  app = await createApiApp(
    {
      apiKeys: keys,
      serviceEdges: {
        list: async (_scope, filter, { limit, cursor }) => {
          Object.assign(asked, { filter, limit, cursor });
          const edge = { caller: 'web', callee: 'cart', kind: 'parent_span' as const, count: 7 };
          return { items: [edge], total: 3, nextCursor: 'next' };
        },
      },
    },
    NOW,
  );
});

afterAll(() => app.close());

describe('GET /api/services/edges', () => {
  it('tells who calls whom in a range', async () => {
    const answer = await app.inject(
      get('/api/services/edges?start_time=now-30m&end_time=now&caller=web&callee=cart&limit=1&cursor=c'),
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      edges: [{ caller: 'web', callee: 'cart', kind: 'parent_span', count: 7 }],
      total: 3,
      next_cursor: 'next',
    });
    expect(asked).toEqual({
      filter: { range: { fromMs: NOW - 1_800_000, toMs: NOW }, caller: 'web', callee: 'cart' },
      limit: 1,
      cursor: 'c',
    });
  });

  it('takes the last hour, and all services, where nothing is said', async () => {
    await app.inject(get('/api/services/edges'));
    expect(asked).toEqual({ filter: { range: { fromMs: NOW - 3_600_000, toMs: NOW } }, limit: 50 });
  });

  it.each([
    ['/api/services/edges?start_time=now&end_time=now-1h', 'start_time'],
    ['/api/services/edges?caller=', 'caller'],
    ['/api/services/edges?caler=web', 'caler'],
  ])('names what is wrong in %s', async (url, field) => {
    const problem = await expectProblem(app, get(url), 400, 'OPS_REQUEST_INVALID');
    expect(JSON.stringify(problem)).toContain(field);
  });
});
