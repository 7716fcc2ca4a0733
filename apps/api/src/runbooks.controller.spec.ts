import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { send } from '../../../test/support/api-requests';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, OTHER_PROJECT, TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { FolderObjectStore } from '../../../libs/adapters/local/src/folder-object-store';
import { asId, type ProjectId } from '../../../libs/core/src/common/ids';
import { runbookKey } from '../../../libs/core/src/incidents/runbook';
import { scopeOfProject } from '../../../libs/core/src/projects/project-scope';

const NOON = Date.parse('2026-01-15T12:00:00Z');

let folder: string;
let objects: FolderObjectStore;
let app: NestFastifyApplication;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opspilot-runbooks-'));
  const keys = new KeysInMemory();
  keys.add('writer', { permissions: ['read', 'write'] });
  keys.add('reader');
  keys.add('stranger', { permissions: ['admin'], projectId: asId(OTHER_PROJECT) });
  objects = new FolderObjectStore(folder, 10_000);
  app = await createApiApp({ apiKeys: keys, objects }, NOON, { RUNBOOKS_MAX: 3, RUNBOOK_MAX_BYTES: 20 });
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const ask = (method: 'GET' | 'DELETE', name = '', key = 'writer') =>
  send(method, `/api/runbooks${name}`, undefined, key);
const put = (name: string, markdown: unknown, key = 'writer') =>
  send('PUT', `/api/runbooks/${name}`, { markdown }, key);

describe('/api/runbooks', () => {
  it('keeps runbooks by name, the last one that was put there', async () => {
    await app.inject(put('db-pool', '# old'));
    const stored = await app.inject(put('db-pool', '# Zöllner'));
    expect(stored.json()).toEqual({ name: 'db-pool', bytes: 10, updated_at: '2026-01-15T12:00:00.000Z' });
    expect((await app.inject(ask('GET', '/db-pool', 'reader'))).json()).toMatchObject({
      name: 'db-pool',
      markdown: '# Zöllner',
      bytes: 10,
    });
    await expectProblem(app, ask('GET', '/db-pool', 'stranger'), 404, 'OPS_RUNBOOK_NOT_FOUND');
  });

  it('lists them by name, page by page', async () => {
    for (const name of ['b', 'a', 'a.b']) await app.inject(put(name, '#'));
    const page = (await app.inject(ask('GET', '?limit=2', 'reader'))).json();
    expect(page).toMatchObject({ runbooks: [{ name: 'a.b' }, { name: 'a' }], total: 3, next_cursor: 'a' });
    const rest = (await app.inject(ask('GET', '?limit=2&cursor=a'))).json();
    expect(rest).toMatchObject({ runbooks: [{ name: 'b' }], total: 3, next_cursor: null });
    await expectProblem(app, ask('GET', '?cursor=../a'), 400, 'OPS_REQUEST_INVALID');
  });

  it('deletes one once', async () => {
    await app.inject(put('a', '#'));
    expect((await app.inject(ask('DELETE', '/a'))).statusCode).toBe(204);
    await expectProblem(app, ask('DELETE', '/a'), 404, 'OPS_RUNBOOK_NOT_FOUND');
  });

  it('refuses what is too long or too many, and lets the old ones be replaced', async () => {
    await expectProblem(app, put('a', 'x'.repeat(21)), 413, 'OPS_OBJECT_TOO_LARGE');
    await expectProblem(app, put('a', ''), 400, 'OPS_REQUEST_INVALID');
    await expectProblem(app, put('a', 7), 400, 'OPS_REQUEST_INVALID');
    for (const name of ['a', 'b', 'c']) await app.inject(put(name, '#'));
    await expectProblem(app, put('d', '#'), 422, 'OPS_RUNBOOK_LIMIT');
    expect((await app.inject(put('c', '# new'))).statusCode).toBe(200);
  });

  it('has no more than are allowed where many are put at once, and takes one that is put twice', async () => {
    const atOnce = (...names: string[]) => Promise.all(names.map((name) => app.inject(put(name, '#'))));
    const many = await atOnce('a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect(many.filter(({ statusCode }) => statusCode === 200)).toHaveLength(3);
    const { runbooks } = (await app.inject(ask('GET'))).json<{ runbooks: { name: string }[] }>();
    expect(runbooks).toHaveLength(3);
    await app.inject(ask('DELETE', `/${runbooks[0]?.name ?? ''}`));
    expect((await atOnce('twice', 'twice')).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  });

  it('has room again for one in the place of one that could not be put', async () => {
    await writeFile(path.join(folder, TEST_PROJECT), 'in the way of the folder');
    for (const name of ['a', 'b', 'c'])
      await expectProblem(app, put(name, '#'), 503, 'OPS_ENGINE_UNAVAILABLE');
    await rm(path.join(folder, TEST_PROJECT));
    for (const name of ['d', 'e', 'f']) expect((await app.inject(put(name, '#'))).statusCode).toBe(200);
  });

  it('lists all that a higher limit let in, and lets each be replaced', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      const key = runbookKey(name);
      if (key === undefined) throw new Error('is a name');
      await objects.put(scopeOfProject(asId<ProjectId>(TEST_PROJECT)), key, new TextEncoder().encode('#'));
    }
    expect((await app.inject(ask('GET'))).json()).toMatchObject({ total: 4 });
    expect((await app.inject(put('d', '# new'))).statusCode).toBe(200);
    await expectProblem(app, put('e', '#'), 422, 'OPS_RUNBOOK_LIMIT');
  });

  it.each(['..%2f..%2fetc%2fpasswd', '..', 'A', 'a%20b', '%00', 'ä'])(
    'lets no name such as %s lead anywhere',
    async (name) => {
      const answer = await app.inject(put(name, '#'));
      expect([400, 404]).toContain(answer.statusCode);
      expect([404]).toContain((await app.inject(ask('GET', `/${name}`))).statusCode);
    },
  );

  it('lets readers read only', async () => {
    await expectProblem(app, put('a', '#', 'reader'), 403, 'OPS_AUTH_MISSING_SCOPE');
    await expectProblem(app, ask('DELETE', '/a', 'reader'), 403, 'OPS_AUTH_MISSING_SCOPE');
  });
});
