import { DiscoveryService } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get, send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT, TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { asId } from '../../../libs/core/src/common/ids';
import { collectRoutes } from '../../../libs/http/src/collect-routes';
import type { Incident } from '../../../libs/core/src/incidents/incident';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const incident: Incident = {
  id: asId('inc-1'),
  projectId: asId(TEST_PROJECT),
  number: 7,
  title: 'checkout is slow',
  status: 'resolved',
  severity: 'critical',
  group: 'default',
  services: ['checkout'],
  alerts: [],
  openedAtMs: NOW,
};
const keys = new KeysInMemory();
const discarded: unknown[] = [];
let app: NestFastifyApplication;

beforeAll(async () => {
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'], name: 'ada' });
  keys.add('sender', { permissions: ['ingest'] });
  keys.add('stranger', { permissions: ['admin'], projectId: asId(OTHER_PROJECT) });
  app = await createApiApp(
    {
      apiKeys: keys,
      incidents: {
        find: async (scope, id) =>
          id === incident.id && scope.projectId === incident.projectId ? incident : undefined,
      },
      queue: {
        listDeadLetters: async () => ({ letters: [], mayBeMore: true }),
        discardDeadLetters: async (scope, queue, ids) => {
          discarded.push({ projectId: scope.projectId, queue, ids });
          return 2;
        },
      },
    },
    NOW,
  );
});

afterAll(() => app.close());

describe('keys and projects', () => {
  it.each([
    '/api/logs/query',
    '/logs/history',
    '/api/rules',
    '/snapshots',
    '/api/incidents/inc-1',
    '/api/evidence/1',
  ])('asks for a key at %s', async (url) => {
    await expectProblem(app, { method: 'GET', url }, 401, 'OPS_AUTH_MISSING_KEY');
    await expectProblem(app, get(url, 'sender'), 403, 'OPS_AUTH_MISSING_SCOPE');
  });

  it('asks for a key before it looks at a body, on every route that needs one', async () => {
    const guarded = collectRoutes(app.get(DiscoveryService, { strict: false })).filter(
      ({ permission }) => permission !== undefined,
    );
    expect(guarded.length).toBeGreaterThan(30);
    for (const { method, path } of guarded) {
      const request = {
        method: method as 'GET',
        url: path.replaceAll(/:\w+/g, 'x'),
        headers: { 'content-type': 'application/json' },
        ...(method !== 'GET' && { payload: '{broken' }),
      };
      await expectProblem(app, request, 401, 'OPS_AUTH_MISSING_KEY');
    }
  });

  it('lets a reading key change nothing', async () => {
    await expectProblem(app, send('POST', '/api/rules', {}, 'reader'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(
      app,
      send('POST', '/api/incidents/inc-1/resolve', {}, 'reader'),
      403,
      'OPS_AUTH_MISSING_SCOPE',
    );
    await expectProblem(app, get('/api/channels'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(app, get('/api/api-keys', 'writer'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(
      app,
      get('/api/dead-letters?queue=logs.ingest', 'writer'),
      403,
      'OPS_AUTH_MISSING_SCOPE',
    );
  });

  it.each(['inc-1', 'not-an-id', 'a%00b', "x'%20OR%201=1", '..%2F..', 'x'.repeat(400)])(
    'tells a stranger nothing of incident %s: 404, like for one that never was',
    async (id) => {
      await expectProblem(app, get(`/api/incidents/${id}`, 'stranger'), 404, 'OPS_INCIDENT_NOT_FOUND');
      await expectProblem(
        app,
        get(`/api/incidents/${id}/timeline`, 'stranger'),
        404,
        'OPS_INCIDENT_NOT_FOUND',
      );
      await expectProblem(
        app,
        send('POST', `/api/incidents/${id}/comments`, { text: 'hi' }, 'stranger'),
        404,
        'OPS_INCIDENT_NOT_FOUND',
      );
    },
  );
});

describe('dead letters', () => {
  it('are asked for by queue', async () => {
    await expectProblem(app, get('/api/dead-letters', 'stranger'), 400, 'OPS_REQUEST_INVALID');
    await expectProblem(app, get('/api/dead-letters?queue=secrets', 'stranger'), 400, 'OPS_REQUEST_INVALID');
    expect((await app.inject(get('/api/dead-letters?queue=logs.ingest', 'stranger'))).json()).toEqual({
      dead_letters: [],
      total: 0,
      next_cursor: null,
      may_be_more: true,
    });
  });

  it('are discarded by an admin, of his own project, and all of them only where that is said', async () => {
    const discard = (body: object, key = 'stranger') => send('POST', '/api/dead-letters/discard', body, key);
    const queue = 'logs.ingest';
    await expectProblem(app, discard({ queue, ids: 'all' }, 'writer'), 403, 'OPS_AUTH_MISSING_SCOPE');
    for (const ids of [undefined, [], 'some', null])
      await expectProblem(app, discard({ queue, ids }), 400, 'OPS_REQUEST_INVALID');
    expect(discarded).toEqual([]);
    for (const ids of [['17', '18'], 'all'])
      expect((await app.inject(discard({ queue, ids }))).json()).toEqual({ discarded: 2 });
    expect(discarded).toEqual([
      { projectId: OTHER_PROJECT, queue, ids: ['17', '18'] },
      { projectId: OTHER_PROJECT, queue },
    ]);
  });
});
