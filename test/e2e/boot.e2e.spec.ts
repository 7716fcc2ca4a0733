import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PostgresApiKeyStore } from '../../libs/adapters/postgres/src/postgres-api-key-store';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { issueApiKey } from '../../libs/http/src/issue-api-key';
import { type Api, apiOf } from '../support/api';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type Role, type RoleProcess, ROLES, spawnRole, startRole } from '../support/start-role';
import { createNamespace, deleteSchedules } from '../support/temporal-namespace';
import { waitFor } from '../support/wait-for';

const ROOT = path.join(__dirname, '../..');
const BATCHES = 120;
const BATCH_RECORDS = 200;

describe('each role as a process of its own', () => {
  let catalog: Catalog;
  let environment: Record<string, string>;
  let home: string;
  let files: string;
  const roles = new Map<Role, RoleProcess>();
  const start = async (role: Role) => void roles.set(role, await startRole(role, environment));
  const role = (name: Role): RoleProcess => {
    const found = roles.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  };

  beforeAll(async () => {
    catalog = await startCatalog();
    const temporalAddress = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
    home = await mkdtemp(path.join(tmpdir(), 'opspilot-boot-'));
    files = path.join(home, 'files');
    const namespace = `boot-${randomUUID()}`;
    await createNamespace(temporalAddress, namespace);
    environment = {
      DATABASE_URL: catalog.url,
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: namespace,
      OBJECT_STORE_URL: pathToFileURL(files).href,
      ALERT_DELAY_SECONDS: '1',
      WORKER_LEASE_SECONDS: '5',
    };
    await Promise.all(ROLES.map(start));
  });

  afterAll(async () => {
    await Promise.all([...roles.values()].map((each) => each.stop()));
    await deleteSchedules(environment['TEMPORAL_ADDRESS'] ?? '', environment['TEMPORAL_NAMESPACE'] ?? '');
    await catalog.end();
    await rm(home, { recursive: true });
  });

  it.each(ROLES)('%s is ready, and names what it depends on without addresses', async (name) => {
    const answer = await waitFor(
      `${name} to be ready`,
      async () => {
        const response = await fetch(new URL('/ready', role(name).url));
        const body = await response.text();
        return response.status === 200 ? body : undefined;
      },
      { deadlineMs: 60_000 },
    );
    const { checks } = JSON.parse(answer) as { checks: { name: string }[] };
    const names = checks.map((check) => check.name);
    expect(names).toContain('postgres');
    // Whoever only takes and stores records goes on without it.
    expect(names.includes('temporal')).toBe(!name.startsWith('ingest'));
    // Not the milliseconds of a check, before whose colon stands a quotation mark.
    expect(answer).not.toMatch(/127\.0\.0\.1|localhost|[\w\]]:\d{4,5}/);
  });

  it('stores every record once, also where the worker is killed in the middle of its work', async () => {
    const { ingest, api } = await clients();
    const batches = Array.from({ length: BATCHES }, (_, batch) =>
      Array.from({ length: BATCH_RECORDS }, (__, index) => `record ${batch}-${index}`),
    );
    const send = (some: readonly (readonly string[])[]) =>
      Promise.all(
        some.map(async (messages) => {
          const logs = messages.map((message) => ({ level: 'INFO', service: 'load', message }));
          expect((await ingest.post('/api/ingest/logs', { logs })).status).toBe(202);
        }),
      );
    const stored = async (): Promise<number> =>
      (await catalog.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM log_records')).rows[0]
        ?.count ?? 0;
    const all = BATCHES * BATCH_RECORDS;
    await send(batches.slice(0, BATCHES / 2));
    await waitFor('some of it to be stored', async () => ((await stored()) > 0 ? true : undefined));
    const holder = await catalog.pool.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE log_records IN SHARE MODE');
      await send(batches.slice(BATCHES / 2));
      await waitFor('a write to be under way', async () => {
        const { rowCount } = await catalog.pool.query(
          `SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return rowCount === 0 ? undefined : true;
      });
      expect(await role('ingest-worker').stop('SIGKILL')).toBeNull();
      expect(await stored()).toBeLessThan(all);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    await start('ingest-worker');
    await waitFor('all of it to be stored', async () => ((await stored()) >= all ? true : undefined), {
      deadlineMs: 60_000,
    });
    const { rows } = await catalog.pool.query<{ total: number; distinct: number }>(
      'SELECT count(*)::int AS total, count(DISTINCT message)::int AS distinct FROM log_records',
    );
    expect(rows[0]).toEqual({ total: all, distinct: all });
    const { body } = await api.get('/api/logs/query?service_name=load&limit=1');
    expect(body.total).toBe(all);
  }, 120_000);

  it('opens an incident from a rule and from records that four processes hand on', async () => {
    const { ingest, api } = await clients();
    const rule = await api.post('/api/rules', {
      name: 'errors of orders',
      kind: 'log_count',
      condition: { level: 'ERROR', service_name: 'orders', operator: '>', threshold: 5 },
      interval: '10s',
      window: '1m',
      for: '0s',
    });
    expect(rule.status).toBe(201);
    const logs = Array.from({ length: 20 }, (_, index) => ({
      level: 'ERROR',
      service: 'orders',
      message: `no connection ${index}`,
    }));
    expect((await ingest.post('/api/ingest/logs', { logs })).status).toBe(202);
    const incident = await waitFor(
      'an incident',
      async () => (await api.get('/api/incidents')).body.incidents[0],
      { deadlineMs: 60_000 },
    );
    expect(incident).toMatchObject({ status: 'open', services: ['orders'] });
    expect((await api.delete(`/api/rules/${rule.body.id}`)).status).toBe(204);
    const events = await waitFor('the end of the alert', async () => {
      const { body } = await api.get(`/api/incidents/${incident.id}/timeline`);
      return body.events.find(({ kind }: { kind: string }) => kind === 'alert_resolved');
    });
    expect(events).toMatchObject({ details: { ended_by: 'rule_deleted' } });
  }, 120_000);

  it('api says that it cannot write files, until it can again, and stays ready', async () => {
    const { api } = await clients();
    const check = async () => {
      const { body } = await api.get('/health');
      return (body.checks as { name: string }[]).find(({ name }) => name === 'files');
    };
    const put = () => api.put('/api/runbooks/slow', { markdown: '# The API is slow' });
    await writeFile(files, 'in the way of the folder');
    expect((await put()).status).toBe(503);
    const reason = expect.stringContaining('the folder of files cannot be read or written') as string;
    expect(await check()).toMatchObject({ status: 'down', reason });
    expect((await api.get('/ready')).status).toBe(200);
    await rm(files);
    expect(await check()).toMatchObject({ status: 'up' });
    expect((await put()).status).toBe(200);
  });

  it.each<[Role, NodeJS.Signals]>([
    ['ingest', 'SIGTERM'],
    ['api', 'SIGINT'],
    ['ingest-worker', 'SIGINT'],
    ['workflow-worker', 'SIGTERM'],
  ])('%s ends its work on %s, and itself with status 0', async (name, signal) => {
    const running = role(name);
    roles.delete(name);
    expect([await running.stop(signal), running.output()]).toEqual([0, expect.stringContaining('stopping')]);
  });

  it('ingest-worker says that it lives while its log store hangs, so that nothing restarts it', async () => {
    const hanging = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const { port } = hanging.address() as AddressInfo;
    const worker = await startRole('ingest-worker', {
      ...environment,
      LOG_STORE_URL: `http://127.0.0.1:${port}`,
      // Longer than anybody waits for a process to listen.
      LOG_STORE_TIMEOUT_MS: '600000',
    });
    try {
      expect((await fetch(new URL('/healthz', worker.url))).status).toBe(200);
      expect((await fetch(new URL('/ready', worker.url))).status).toBe(503);
    } finally {
      await worker.stop('SIGKILL');
      hanging.close();
    }
  });

  it('says in one message everything that is missing, and ends with status 1', async () => {
    const child = spawnRole('api', { DATABASE_URL: '', TEMPORAL_ADDRESS: '', PORT: 'x' });
    expect(await child.ended).toBe(1);
    for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'PORT']) expect(child.output()).toContain(name);
    expect(child.output()).not.toContain('    at ');
  });

  let known: { ingest: Api; api: Api } | undefined;
  async function clients(): Promise<{ ingest: Api; api: Api }> {
    known ??= await (async () => {
      const { projectId } = await catalog.newScope();
      const issued = issueApiKey({ projectId, name: 'boot', permissions: ['admin'], nowMs: Date.now() });
      await new PostgresApiKeyStore(catalog.pool).create(
        scopeOfProject(projectId),
        issued.key,
        issued.secretHash,
      );
      const as = (name: Role) => apiOf({ url: role(name).url, apiKey: issued.secret });
      return { ingest: as('ingest'), api: as('api') };
    })();
    return known;
  }
});

describe('a role of a build that is not whole', () => {
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'opspilot-build-'));
    await cp(path.join(ROOT, 'dist'), path.join(root, 'dist'), { recursive: true });
    for (const name of ['libs', 'node_modules', 'package.json'])
      await symlink(path.join(ROOT, name), path.join(root, name));
  });
  afterAll(() => rm(root, { recursive: true }));

  it.each(['bulk-lines', 'masking', 'plain-log-lines'])(
    'says at start, and not at a request, that %s is missing',
    async (name) => {
      const file = path.join(root, 'dist/libs/kernel', `${name}.wasm`);
      await rename(file, `${file}.away`);
      const DATABASE_URL = 'postgres://opspilot@127.0.0.1:1/opspilot';
      const child = spawnRole('ingest', { DATABASE_URL, TEMPORAL_ADDRESS: '127.0.0.1:1', PORT: '0' }, root);
      try {
        await waitFor('the role to end', () => {
          if (child.output().includes('"msg":"listening"')) throw new Error('it listens');
          return child.hasEnded() || undefined;
        });
        expect(await child.ended).toBe(1);
        expect(child.output()).toContain(`${file} cannot be read; npm run build makes it`);
      } finally {
        await child.stop('SIGKILL');
        await rename(`${file}.away`, file);
      }
    },
  );
});

/** Of engines that a process may have or not; `lazy` in .swcrc keeps them out until one is used. */
const ENGINE_PACKAGES = [
  '@aws-sdk/client-s3',
  '@opensearch-project/opensearch',
  'amqplib',
  'ioredis',
  'openai',
  'undici',
];

describe.each([...ROLES, 'opspilot'])('what %s loads before it knows its engines', (role) => {
  it('is no package of an engine, which every slow garbage collection would go through', () => {
    const script = `require('./dist/libs/runtime/src/run-role.js');
      require('./dist/apps/${role}/src/${role}.module.js');
      process.stdout.write(JSON.stringify(Object.keys(require.cache)))`;
    const output = execFileSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' });
    const files = JSON.parse(output) as readonly string[];
    expect(files).toContain(path.join(ROOT, `dist/apps/${role}/src/${role}.module.js`));
    const loaded = ENGINE_PACKAGES.filter((name) =>
      files.some((file) => file.includes(`/node_modules/${name}/`)),
    );
    expect(loaded).toEqual([]);
  });
});
