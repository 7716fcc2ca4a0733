import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { get, send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT } from '../../../test/support/keys-in-memory';
import type { Rule } from '../../../libs/core/src/alerting/rule';
import { OpsError } from '../../../libs/core/src/common/errors';
import { asId } from '../../../libs/core/src/common/ids';
import type { Channel } from '../../../libs/core/src/notify/channel';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const rules = new Map<string, Rule>();
const channels: Channel[] = [];
const keys = new KeysInMemory();
/** What happened to rules and alerts, in order. */
const done: string[] = [];
const cleared: string[] = [];
const endedAtMs: number[] = [];
let temporalIsDown = false;
/** Requests to evaluate that wait, and how many are said to. */
const requests: string[] = [];
let waiting = 0;
/** How far the clock of the API is ahead of the one that all processes share. */
let aheadMs = 0;
let app: NestFastifyApplication;

beforeAll(async () => {
  keys.add('reader');
  keys.add('writer', { permissions: ['read', 'write'], name: 'ada' });
  keys.add('stranger', { permissions: ['admin'], projectId: asId(OTHER_PROJECT) });
  app = await createApiApp(
    {
      apiKeys: keys,
      rules: {
        create: async (_scope, rule, most) => rules.size < most && rules.set(rule.id, rule).has(rule.id),
        find: async (scope, id) => (rules.get(id)?.projectId === scope.projectId ? rules.get(id) : undefined),
        change: async (scope, id, decide) => {
          const before = rules.get(id);
          if (before?.projectId !== scope.projectId) return undefined;
          const after = decide(before);
          if (after !== before) done.push(after.enabled ? 'enabled' : 'disabled');
          rules.set(id, after);
          return { before, after };
        },
        delete: async (_scope, id) => {
          done.push('deleted');
          return rules.delete(id);
        },
        list: async () => ({ items: [...rules.values()], total: rules.size, nextCursor: 'more' }),
      },
      ruleStates: {
        load: async (_scope, ids) =>
          ids
            .filter((id) => !cleared.includes(id))
            .map((ruleId) => ({
              ruleId,
              labels: {},
              state: { phase: 'firing', sinceMs: NOW, episodeId: 'e1' },
              evaluatedAtMs: NOW,
              value: 812.5,
            })),
        transitionsAt: async () => [],
        transitionsBetween: async () => [],
        clear: async (_scope, id) => {
          done.push('states cleared');
          cleared.push(id);
        },
      },
      handover: {
        deliver: async (_scope, transitions) => {
          if (temporalIsDown) throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'down');
          for (const { kind, endedBy, evaluatedAtMs } of transitions) {
            done.push(`${kind} ${endedBy}`);
            endedAtMs.push(evaluatedAtMs);
          }
        },
      },
      queue: {
        depth: async () => ({ messages: waiting, bytes: 0, oldestAgeMs: 0, deadLetters: 0 }),
        publish: async (_scope, queue, ...messages) => {
          for (const { ndjson } of messages) requests.push(`${queue} ${new TextDecoder().decode(ndjson)}`);
        },
      },
      clock: { now: () => NOW + aheadMs },
      sharedClock: { now: async () => NOW },
      channels: {
        create: async (_scope, channel, most) => channels.length < most && channels.push(channel) > 0,
        list: async () => ({ items: channels, total: channels.length }),
      },
    },
    NOW,
    { RULES_MAX: 2, CHANNELS_MAX: 1, EVALUATION_REQUESTS_MAX: 10 },
  );
});

afterAll(() => app.close());

describe('rules', () => {
  const rule = {
    name: 'slow',
    kind: 'metric_threshold',
    condition: { metric_name: 'lat', operator: '>', threshold: 500 },
    interval: '10s',
    for: 30,
  };

  it.each<[string, object, string]>([
    ['no name', { ...rule, name: undefined }, 'name'],
    ['an unknown kind', { ...rule, kind: 'magic' }, 'kind'],
    ['no kind', { ...rule, kind: undefined }, 'kind'],
    ['no condition', { ...rule, condition: undefined }, 'condition'],
    [
      'text as threshold',
      { ...rule, condition: { ...rule.condition, threshold: '500' } },
      'condition.threshold',
    ],
    [
      'an unknown operator',
      { ...rule, condition: { ...rule.condition, operator: '=>' } },
      'condition.operator',
    ],
    [
      "another kind's condition",
      { ...rule, condition: { level: 'ERROR', operator: '>', threshold: 1 } },
      'condition.metric_name',
    ],
    [
      'an unknown level',
      { ...rule, kind: 'log_count', condition: { level: 'LOUD', operator: '>', threshold: 1 } },
      'condition.level',
    ],
    ['an interval that is not on offer', { ...rule, interval: '7s' }, 'interval'],
    ['a window that is too long', { ...rule, window: '25h' }, 'window'],
    ['a negative for', { ...rule, for: -1 }, 'for'],
    ['an unknown field', { ...rule, treshold: 5 }, 'treshold'],
    ['a NUL in its name', { ...rule, name: 'a\0' }, 'name'],
    ['half a surrogate pair', { ...rule, labels: { team: 'a\ud800' } }, 'labels.team'],
    ['labels that are no texts', { ...rule, labels: { team: 5 } }, 'labels.team'],
  ])('refuses %s', async (_what, body, field) => {
    const { problem } = await expectProblem(
      app,
      send('POST', '/api/rules', body),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors.map((each) => each.field)).toContain(field);
  });

  it('makes, shows, changes and deletes one', async () => {
    const created = await app.inject(send('POST', '/api/rules', rule));
    expect(created.statusCode).toBe(201);
    const { id, ...stored } = created.json<{ id: string }>();
    expect(stored).toMatchObject({
      interval: '10s',
      window: '5m',
      for: '30s',
      severity: 'warning',
      enabled: true,
      incident_group: 'default',
      summary: 'avg(lat) > 500 over 5m',
    });
    expect((await app.inject(get(`/api/rules/${id}`))).json()).toMatchObject({
      ...stored,
      alerts: [{ state: 'firing', value: 812.5 }],
    });

    const patch = {
      condition: { threshold: 800, service_name: 'checkout' },
      severity: 'critical',
      description: 'why',
    };
    const changed = (await app.inject(send('PATCH', `/api/rules/${id}`, patch))).json<object>();
    expect(changed).toMatchObject({
      ...stored,
      severity: 'critical',
      condition: { metric_name: 'lat', threshold: 800, service_name: 'checkout' },
      summary: 'avg(lat) of checkout > 800 over 5m',
    });
    const cleared = (
      await app.inject(
        send('PATCH', `/api/rules/${id}`, { description: null, condition: { service_name: null } }),
      )
    ).json<object>();
    expect(cleared).not.toHaveProperty('description');
    expect(cleared).not.toHaveProperty('condition.service_name');
    await expectProblem(
      app,
      send('PATCH', `/api/rules/${id}`, { condition: { threshold: 'x' } }),
      400,
      'OPS_REQUEST_INVALID',
    );
    await expectProblem(
      app,
      send('PATCH', `/api/rules/${id}`, { kind: 'log_count' }),
      400,
      'OPS_REQUEST_INVALID',
    );
    await expectProblem(
      app,
      send('PATCH', `/api/rules/${id}`, { severity: 'high' }, 'stranger'),
      400,
      'OPS_REQUEST_INVALID',
    );
    await expectProblem(
      app,
      send('PATCH', `/api/rules/${id}`, { severity: 'info' }, 'stranger'),
      404,
      'OPS_RULE_NOT_FOUND',
    );

    expect((await app.inject(send('DELETE', `/api/rules/${id}`))).statusCode).toBe(204);
    await expectProblem(app, send('DELETE', `/api/rules/${id}`), 404, 'OPS_RULE_NOT_FOUND');
  });

  it('ends the alerts of a rule that is deleted: stops it first, forgets it last', async () => {
    const { id } = (await app.inject(send('POST', '/api/rules', rule))).json<{ id: string }>();
    done.length = 0;
    temporalIsDown = true;
    await expectProblem(app, send('DELETE', `/api/rules/${id}`), 503, 'OPS_ENGINE_UNAVAILABLE');
    expect(done).toEqual(['disabled']);
    temporalIsDown = false;
    expect((await app.inject(send('DELETE', `/api/rules/${id}`))).statusCode).toBe(204);
    expect(done).toEqual(['disabled', 'resolved rule_deleted', 'states cleared', 'deleted']);
  });

  it('ends the alerts of a rule that is disabled, and lets it start afresh', async () => {
    const { id } = (await app.inject(send('POST', '/api/rules', rule))).json<{ id: string }>();
    const patch = (body: object) => app.inject(send('PATCH', `/api/rules/${id}`, body));
    done.length = 0;
    await patch({ severity: 'info' });
    expect(done.splice(0)).toEqual(['enabled']);
    temporalIsDown = true;
    expect((await patch({ enabled: false })).statusCode).toBe(503);
    temporalIsDown = false;
    expect(done.splice(0)).toEqual(['disabled']);
    expect((await patch({ enabled: true })).json()).toMatchObject({ enabled: true });
    expect(done.splice(0)).toEqual(['resolved rule_disabled', 'states cleared', 'enabled']);
    await patch({ enabled: false });
    expect(done.splice(0)).toEqual(['disabled']);
    await app.inject(send('DELETE', `/api/rules/${id}`));
  });

  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ])(
    'are made, changed, judged and ended by the clock that all share where that of the API is %s',
    async (_case, ms) => {
      aheadMs = ms;
      try {
        const noon = '2026-01-15T12:00:00.000Z';
        const created = (await app.inject(send('POST', '/api/rules', rule))).json<{ id: string }>();
        expect(created).toMatchObject({ created_at: noon, updated_at: noon });
        const url = `/api/rules/${created.id}`;
        const changed = await app.inject(send('PATCH', url, { severity: 'info' }));
        expect(changed.json()).toMatchObject({ created_at: noon, updated_at: noon });
        const asked = await app.inject(send('POST', `${url}/evaluate`));
        expect(asked.json()).toMatchObject({ requested_at: noon });
        expect(requests.splice(0)).toEqual([expect.stringContaining(`"requested_at":"${noon}"`)]);
        endedAtMs.length = 0;
        await app.inject(send('DELETE', url));
        expect(endedAtMs).toEqual([NOW]);
      } finally {
        aheadMs = 0;
      }
    },
  );

  it('asks for an evaluation at once, unless too many wait', async () => {
    const { id } = (await app.inject(send('POST', '/api/rules', rule))).json<{ id: string }>();
    const url = `/api/rules/${id}/evaluate`;
    const asked = await app.inject(send('POST', url));
    expect([asked.statusCode, asked.json()]).toEqual([
      202,
      {
        rule_id: id,
        requested_at: '2026-01-15T12:00:00.000Z',
        evaluated_at: '2026-01-15T12:00:05.000Z',
      },
    ]);
    const line = '{"origin":"api","requested_at":"2026-01-15T12:00:00.000Z"}';
    expect(requests.splice(0)).toEqual([`alerts.evaluate ${line}\n`]);
    waiting = 10;
    const { headers } = await expectProblem(app, send('POST', url), 429, 'OPS_RULE_REQUESTS_FULL');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    waiting = 0;
    await expectProblem(app, send('POST', url, undefined, 'reader'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(app, send('POST', url, undefined, 'stranger'), 404, 'OPS_RULE_NOT_FOUND');
    await app.inject(send('PATCH', `/api/rules/${id}`, { enabled: false }));
    await expectProblem(app, send('POST', url), 422, 'OPS_RULE_DISABLED');
    expect(requests).toEqual([]);
    await app.inject(send('DELETE', `/api/rules/${id}`));
  });

  it('takes an anomaly rule, with the usual method where none is named', async () => {
    const body = {
      name: 'odd latency',
      kind: 'anomaly',
      condition: {
        metric_name: 'lat',
        service_name: 'checkout',
        direction: 'up',
        min_relative_deviation: 0.2,
      },
    };
    const created = await app.inject(send('POST', '/api/rules', body));
    expect([created.statusCode, created.json()]).toMatchObject([
      201,
      {
        kind: 'anomaly',
        condition: { ...body.condition, aggregation: 'avg', method: 'adaptive' },
        summary: 'avg(lat) of checkout is anomalously high (adaptive, at least 20 % off) over 5m',
      },
    ]);
    const { id } = created.json<{ id: string }>();
    const patch = { condition: { method: 'robust_z', threshold: 5, direction: null } };
    expect((await app.inject(send('PATCH', `/api/rules/${id}`, patch))).json()).toMatchObject({
      condition: { method: 'robust-z', threshold: 5, direction: 'both' },
    });
    await expectProblem(
      app,
      send('PATCH', `/api/rules/${id}`, { condition: { operator: '>' } }),
      400,
      'OPS_REQUEST_INVALID',
    );
    await app.inject(send('DELETE', `/api/rules/${id}`));
  });

  it('reads back what it wrote: a shown rule can be sent again', async () => {
    const body = {
      ...rule,
      kind: 'log_count',
      condition: {
        level: 'ERROR',
        search: 'timed out',
        operator: '>=',
        threshold: 4,
        group_by: 'service_name',
      },
      labels: { team: 'a' },
    };
    const first = (await app.inject(send('POST', '/api/rules', body))).json<Record<string, unknown>>();
    const madeByServer = ['id', 'summary', 'created_at', 'updated_at'];
    const again = Object.fromEntries(Object.entries(first).filter(([name]) => !madeByServer.includes(name)));
    const second = (await app.inject(send('POST', '/api/rules', again))).json<Record<string, unknown>>();
    expect({ ...second, id: '' }).toEqual({ ...first, id: '' });
  });

  it('has a limit', async () => {
    const { problem } = await expectProblem(app, send('POST', '/api/rules', rule), 422, 'OPS_RULE_LIMIT');
    expect(problem.detail).toContain('RULES_MAX');
    expect((await app.inject(get('/api/rules'))).json()).toMatchObject({ total: 2, next_cursor: 'more' });
  });
});

describe('channels', () => {
  it.each([
    'ftp://a.example',
    'http://user:pw@a.example',
    'hooks',
    'javascript:alert(1)',
    'file:///etc/passwd',
  ])('refuses the URL %s', async (url) => {
    const { problem } = await expectProblem(
      app,
      send('POST', '/api/channels', { name: 'a', url }),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors[0]).toMatchObject({
      field: 'url',
      allowed: 'an http or https URL without user name and password',
    });
  });

  it('shows the secret once', async () => {
    const created = (
      await app.inject(send('POST', '/api/channels', { name: 'on-call', url: 'https://hooks.example.org/x' }))
    ).json<{ secret: string }>();
    expect(created.secret.length).toBeGreaterThan(32);
    const listed = await app.inject(get('/api/channels', 'writer'));
    expect(listed.json()).toMatchObject({ total: 1, channels: [{ name: 'on-call', enabled: true }] });
    expect(listed.body).not.toContain(created.secret);
  });

  it('has a limit', async () => {
    const another = { name: 'b', url: 'https://hooks.example.org/y' };
    const { problem } = await expectProblem(
      app,
      send('POST', '/api/channels', another),
      422,
      'OPS_CHANNEL_LIMIT',
    );
    expect(problem.detail).toContain('CHANNELS_MAX');
    expect((await app.inject(get('/api/channels', 'writer'))).json()).toMatchObject({ total: 1 });
  });
});
