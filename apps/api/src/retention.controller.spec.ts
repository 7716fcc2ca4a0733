import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT, TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { OpsError } from '../../../libs/core/src/common/errors';
import { asId, type ProjectId } from '../../../libs/core/src/common/ids';
import type { Retention } from '../../../libs/core/src/projects/retention';

const NOW = Date.parse('2026-03-10T15:30:00Z');
const OLDEST_LOG = Date.parse('2026-01-01T10:00:00Z');
const OLDEST_SAMPLE = Date.parse('2026-03-01T00:00:00Z');
let retention: Partial<Retention> = {};
let isLogStoreDown = false;
/** Up to which instants records were counted. */
const counted: string[] = [];
const keys = new KeysInMemory();
let app: NestFastifyApplication;

beforeAll(async () => {
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'] });
  keys.add('admin', { permissions: ['admin'] });
  keys.add('sender', { permissions: ['ingest'] });
  app = await createApiApp(
    {
      apiKeys: keys,
      projects: {
        find: async (id) => ({ id, name: 'p', createdAtMs: 0, retention }),
        setRetention: async (id: ProjectId, wanted) => {
          if (id !== TEST_PROJECT) return false;
          retention = wanted;
          return true;
        },
      },
      logs: {
        oldest: async () => {
          if (isLogStoreDown) throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'it is down');
          return OLDEST_LOG;
        },
        countBy: async (_scope, { range }) => {
          counted.push(new Date(range.toMs).toISOString());
          return [
            { key: 'info', count: 40 },
            { key: 'error', count: 2 },
          ];
        },
      },
      metrics: { oldest: async () => OLDEST_SAMPLE },
    },
    NOW,
  );
});
beforeEach(() => {
  retention = {};
  counted.length = 0;
});
afterAll(() => app.close());

const asking = (query = '', key = 'reader') => send('GET', `/api/retention${query}`, undefined, key);
const putting = (payload: object, key = 'admin') => send('PUT', '/api/retention', payload, key);
const get = (query?: string) => app.inject(asking(query));
const put = (payload: object) => app.inject(putting(payload));

describe('GET /api/retention', () => {
  it('says that everything is kept where nobody asked for anything else', async () => {
    expect((await get()).json()).toEqual({
      logs: {
        days: 0,
        own_days: null,
        default_days: 0,
        kept_from: null,
        oldest: '2026-01-01T10:00:00.000Z',
        to_delete: 0,
      },
      metrics: {
        days: 0,
        own_days: null,
        default_days: 0,
        kept_from: null,
        oldest: '2026-03-01T00:00:00.000Z',
        has_to_delete: false,
      },
    });
    expect(counted).toEqual([]);
  });

  it('says what would be deleted with other numbers, and changes nothing', async () => {
    const answer = (await get('?log_days=30&metric_days=8')).json();
    expect(answer.logs).toMatchObject({ days: 30, own_days: null, to_delete: 42 });
    expect(answer.logs.kept_from).toBe('2026-02-08T00:00:00.000Z');
    expect(counted).toEqual(['2026-02-08T00:00:00.000Z']);
    expect(answer.metrics).toMatchObject({ kept_from: '2026-03-02T00:00:00.000Z', has_to_delete: true });
    expect((await get('?metric_days=9')).json().metrics.has_to_delete).toBe(false);
    expect(retention).toEqual({});
  });

  it.each(['?log_days=-1', '?metric_days=1.5', '?log_days=40000', '?log_days=', '?days=3'])(
    'refuses %s and names the field',
    async (query) => {
      const { problem } = await expectProblem(app, asking(query), 400, 'OPS_REQUEST_INVALID');
      expect(problem.errors[0]?.field).toBe(/^\?(\w+)/.exec(query)?.[1]);
    },
  );

  it('is for those who may read', async () => {
    await expectProblem(app, asking('', 'sender'), 403, 'OPS_AUTH_MISSING_SCOPE');
  });
});

describe('PUT /api/retention', () => {
  it('sets both numbers, and says at once what will be deleted', async () => {
    const answer = await put({ log_days: 7, metric_days: null });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      logs: { days: 7, own_days: 7, kept_from: '2026-03-03T00:00:00.000Z', to_delete: 42 },
      metrics: { days: 0, own_days: null, kept_from: null },
    });
    expect(retention).toEqual({ logs: 7 });
    expect((await get()).json().logs).toMatchObject({ days: 7, own_days: 7 });
    await put({ log_days: 0, metric_days: 400 });
    expect(retention).toEqual({ logs: 0, metrics: 400 });
  });

  it.each<[string, object, string]>([
    ['half of it', { log_days: 7 }, 'metric_days'],
    ['less than nothing', { log_days: -1, metric_days: null }, 'log_days'],
    ['part of a day', { log_days: null, metric_days: 0.5 }, 'metric_days'],
    ['a text', { log_days: '7', metric_days: null }, 'log_days'],
    ['a century and more', { log_days: 36_501, metric_days: null }, 'log_days'],
    ['an unknown field', { log_days: 1, metric_days: 1, trace_days: 1 }, 'trace_days'],
  ])('refuses %s, names the field, and keeps what was', async (_case, payload, field) => {
    const { problem } = await expectProblem(app, putting(payload), 400, 'OPS_REQUEST_INVALID');
    expect(problem.errors[0]?.field).toBe(field);
    expect(retention).toEqual({});
  });

  it('says that it is set where a store cannot tell what is older', async () => {
    isLogStoreDown = true;
    try {
      const request = putting({ log_days: 7, metric_days: 9 });
      const { problem } = await expectProblem(app, request, 503, 'OPS_ENGINE_UNAVAILABLE');
      expect(problem.detail).toBe('the limits are set, but what is older cannot be told now: it is down');
    } finally {
      isLogStoreDown = false;
    }
    expect(retention).toEqual({ logs: 7, metrics: 9 });
  });

  it('is for administrators: it deletes what others have written', async () => {
    const request = putting({ log_days: 1, metric_days: 1 }, 'writer');
    await expectProblem(app, request, 403, 'OPS_AUTH_MISSING_SCOPE');
    expect(retention).toEqual({});
  });

  it('says so where the project is gone', async () => {
    keys.add('ghost', { permissions: ['admin'], projectId: asId(OTHER_PROJECT) });
    const request = putting({ log_days: 1, metric_days: 1 }, 'ghost');
    await expectProblem(app, request, 404, 'OPS_PROJECT_NOT_FOUND');
  });
});
