import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get, send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT, TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { OpsError } from '../../../libs/core/src/common/errors';
import { asId } from '../../../libs/core/src/common/ids';
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
let app: NestFastifyApplication;

beforeAll(async () => {
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'], name: 'ada' });
  keys.add('stranger', { permissions: ['admin'], projectId: asId(OTHER_PROJECT) });
  app = await createApiApp(
    {
      apiKeys: keys,
      incidents: {
        find: async (scope, id) =>
          id === incident.id && scope.projectId === incident.projectId ? incident : undefined,
        timeline: async () => ({
          items: [
            {
              id: asId('t1'),
              incidentId: incident.id,
              atMs: NOW,
              actor: { kind: 'person', name: 'ada' },
              body: { kind: 'commented', text: 'looking' },
            },
          ],
          total: 1,
        }),
      },
      commands: {
        acknowledge: async () => {
          throw new OpsError('conflict', 'OPS_INCIDENT_CLOSED', 'the incident is resolved');
        },
        comment: async (_scope, _id, actor, text) => ({
          ...incident,
          summary: `${actor.kind === 'person' ? actor.name : ''}: ${text}`,
        }),
        resolve: async () => {
          throw new OpsError('unavailable', 'OPS_WORKFLOW_UNAVAILABLE', 'Temporal does not answer');
        },
      },
      starter: { start: async () => asId('inv-1') },
    },
    NOW,
  );
});

afterAll(() => app.close());

describe('incidents', () => {
  it('passes commands on with the name of the key, and what they answer', async () => {
    const commented = await app.inject(send('POST', '/api/incidents/inc-1/comments', { text: 'looking' }));
    expect(commented.json()).toMatchObject({ number: 7, summary: 'ada: looking' });
    await expectProblem(app, send('POST', '/api/incidents/inc-1/acknowledge'), 409, 'OPS_INCIDENT_CLOSED');
    const { headers } = await expectProblem(
      app,
      send('POST', '/api/incidents/inc-1/resolve', { comment: 'ok' }),
      503,
      'OPS_WORKFLOW_UNAVAILABLE',
    );
    expect(headers['retry-after']).toBe('5');
    const started = await app.inject(send('POST', '/api/incidents/inc-1/investigations'));
    expect([started.statusCode, started.json()]).toEqual([202, { id: 'inv-1', incident_id: 'inc-1' }]);
  });

  it('shows the timeline in sentences', async () => {
    expect((await app.inject(get('/api/incidents/inc-1/timeline'))).json()).toEqual({
      events: [
        {
          id: 't1',
          at: '2026-01-15T12:00:00.000Z',
          actor: { kind: 'person', name: 'ada' },
          kind: 'commented',
          text: 'ada commented: looking',
          details: { text: 'looking' },
        },
      ],
      total: 1,
      next_cursor: null,
    });
  });

  it.each<[string, object]>([
    ['an empty comment', { text: '' }],
    ['no comment', {}],
    ['a huge one', { text: 'x'.repeat(10_001) }],
    ['a list', []],
  ])('refuses %s', async (_what, body) => {
    await expectProblem(app, send('POST', '/api/incidents/inc-1/comments', body), 400, 'OPS_REQUEST_INVALID');
  });

  it.each(['status=closed', 'start_time=x', 'cursor=', 'limit=501'])(
    'refuses the filter %s',
    async (query) => {
      await expectProblem(app, get(`/api/incidents?${query}`), 400, 'OPS_REQUEST_INVALID');
    },
  );
});
