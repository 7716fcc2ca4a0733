import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expectProblem } from '../../../test/support/expect-problem';
import { TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { startThingsApp, type ThingsWorld } from '../../../test/support/things-app';
import { asId } from '../../core/src/common/ids';

const json = { 'content-type': 'application/json' };
let app: NestFastifyApplication;
let world: ThingsWorld;

beforeAll(async () => {
  ({ app, world } = await startThingsApp());
});
afterAll(() => app.close());

describe('keys', () => {
  const mine = (headers: Record<string, string>) => ({
    method: 'GET' as const,
    url: '/things/mine',
    headers,
  });

  it.each<[string, Record<string, string>, string]>([
    ['no key', {}, 'OPS_AUTH_MISSING_KEY'],
    ['an empty key', { 'x-api-key': ' ' }, 'OPS_AUTH_MISSING_KEY'],
    ['another scheme', { authorization: 'Basic abc' }, 'OPS_AUTH_MISSING_KEY'],
    ['an unknown key', { 'x-api-key': 'guess' }, 'OPS_AUTH_UNKNOWN_KEY'],
    ['a huge key', { 'x-api-key': 'k'.repeat(5000) }, 'OPS_AUTH_UNKNOWN_KEY'],
    ['a revoked key', { authorization: 'Bearer revoked-key' }, 'OPS_AUTH_REVOKED_KEY'],
  ])('answers 401 to %s', async (_what, headers, code) => {
    // Again, for what is remembered of a key is no right to enter.
    for (let request = 0; request < 2; request++) {
      const answer = await expectProblem(app, mine(headers), 401, code);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="opspilot"');
    }
  });

  it('answers 403 to a key without the permission or for another project', async () => {
    await expectProblem(
      app,
      { method: 'DELETE', url: '/things/7', headers: { 'x-api-key': 'reader-key' } },
      403,
      'OPS_AUTH_MISSING_SCOPE',
    );
    for (let request = 0; request < 2; request++)
      await expectProblem(
        app,
        mine({ 'x-api-key': 'reader-key', 'x-project-id': 'other' }),
        403,
        'OPS_AUTH_WRONG_PROJECT',
      );
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['a revoked key', { 'x-api-key': 'revoked-key' }, 401, 'OPS_AUTH_REVOKED_KEY'],
    ['a key without the permission', { 'x-api-key': 'reader-key' }, 403, 'OPS_AUTH_MISSING_SCOPE'],
    [
      'a key of another project',
      { 'x-api-key': 'admin-key', 'x-project-id': 'other' },
      403,
      'OPS_AUTH_WRONG_PROJECT',
    ],
  ])('is as strict with %s where Nest stands aside', async (_what, headers, status, code) => {
    const request = { method: 'POST' as const, url: '/vault/direct', headers };
    for (let times = 0; times < 2; times++) await expectProblem(app, request, status, code);
    const right = await app.inject({ ...request, headers: { 'x-api-key': 'admin-key' } });
    expect([right.statusCode, right.json()]).toEqual([202, { project: TEST_PROJECT }]);
  });

  it('answers 500 to everybody where a guarded route names no permission', async () => {
    const request = { method: 'GET' as const, url: '/unnamed', headers: { 'x-api-key': 'admin-key' } };
    expect((await app.inject(request)).statusCode).toBe(500);
  });

  it('lets a key in by either header and gives its project and name', async () => {
    for (const headers of [
      { 'x-api-key': ' reader-key ', 'x-project-id': TEST_PROJECT },
      { authorization: 'bearer reader-key' },
    ]) {
      expect((await app.inject(mine(headers as Record<string, string>))).json()).toEqual({
        project: TEST_PROJECT,
        actor: { kind: 'person', name: 'laptop' },
      });
    }
  });

  it.each(['Shop-A', 'shop-a', 'SHOP-A'])('knows the project of a key by the name %s', async (name) => {
    world.keys.add('shop-key', { projectId: asId('Shop-A') });
    const answer = await app.inject(mine({ 'x-api-key': 'shop-key', 'x-project-id': name }));
    expect(answer.json()).toMatchObject({ project: 'Shop-A' });
  });

  it('asks the store once within five seconds, and again after', async () => {
    world.elapsedMs += 10_000;
    const before = world.keys.lookups;
    await app.inject(mine({ 'x-api-key': 'reader-key' }));
    await app.inject(mine({ 'x-api-key': 'reader-key' }));
    expect(world.keys.lookups - before).toBe(1);
    world.elapsedMs += 5_001;
    await app.inject(mine({ 'x-api-key': 'reader-key' }));
    expect(world.keys.lookups - before).toBe(2);
  });

  it('lets a revoked key in for five seconds at most, also where the clock is put back', async () => {
    const lent = { 'x-api-key': 'lent-key' };
    world.keys.add('lent-key');
    expect((await app.inject(mine(lent))).statusCode).toBe(200);
    world.keys.add('lent-key', { revokedAtMs: world.nowMs });
    world.nowMs -= 3_600_000;
    world.elapsedMs += 5_001;
    await expectProblem(app, mine(lent), 401, 'OPS_AUTH_REVOKED_KEY');
  });
});

describe('a body that comes with no right to send it', () => {
  const post = (url: string, payload: string | Buffer, headers: Record<string, string>) => ({
    method: 'POST' as const,
    url,
    payload,
    headers: { ...json, ...headers },
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['malformed', '{broken', {}],
    ['too large', 'x'.repeat(20_000), {}],
    ['not what its encoding says', 'x', { 'content-encoding': 'gzip' }],
    ['of an unknown encoding', 'x', { 'content-encoding': 'rot13' }],
    ['of an unknown type', 'x', { 'content-type': 'text/html' }],
    ['of another shape', '{"name":7}', {}],
  ])('is not looked at where it is %s', async (_what, payload, headers) => {
    for (const url of ['/vault', '/vault/notes']) {
      await expectProblem(app, post(url, payload, headers), 401, 'OPS_AUTH_MISSING_KEY');
      const unknown = { ...headers, 'x-api-key': 'guess' };
      await expectProblem(app, post(url, payload, unknown), 401, 'OPS_AUTH_UNKNOWN_KEY');
    }
    const reader = { ...headers, 'x-api-key': 'reader-key' };
    await expectProblem(app, post('/vault', payload, reader), 403, 'OPS_AUTH_MISSING_SCOPE');
    for (const request of [post('/vault/notes', payload, reader), post('/things', payload, headers)])
      expect([400, 413, 415]).toContain((await app.inject(request)).statusCode);
  });

  it('leaves unknown paths, wrong methods and HEAD as they are', async () => {
    await expectProblem(app, post('/vault/x', '{', {}), 404, 'OPS_REQUEST_UNKNOWN_ROUTE');
    const wrong = { ...post('/vault', '{', {}), method: 'PUT' as const };
    const { headers } = await expectProblem(app, wrong, 405, 'OPS_REQUEST_METHOD');
    expect(headers.allow).toBe('GET, HEAD, POST');
    expect((await app.inject({ method: 'HEAD', url: '/vault' })).statusCode).toBe(401);
  });

  it('takes what a key with the permission sends', async () => {
    const answer = await app.inject(post('/vault', '{"name":"a"}', { 'x-api-key': 'admin-key' }));
    expect([answer.statusCode, answer.json()]).toEqual([201, { name: 'a' }]);
  });
});
