import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { endOfCli, opspilotCli, opspilotOutput, startCli } from '../support/opspilot-cli';
import { type RoleProcess, ROLES, startRole } from '../support/start-role';
import { createNamespace, deleteSchedules } from '../support/temporal-namespace';
import { createTestDatabase } from '../support/test-database';
import { waitFor } from '../support/wait-for';

const TIMEOUT_MS = 120_000;
const RUN_MIGRATE = /schema of the database is missing or older.*run opspilot migrate/;

/** What `opspilot migrate` makes good while the roles run. */
describe('roles on a database without a schema', () => {
  let home: string;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let environment: Record<string, string>;
  let roles: readonly RoleProcess[] = [];

  const ready = (role: RoleProcess) => fetch(new URL('/ready', role.url));
  const listRules = (role: RoleProcess | undefined, apiKey: string) =>
    fetch(new URL('/api/rules', role?.url), { headers: { 'x-api-key': apiKey } });

  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'opspilot-schema-'));
    database = await createTestDatabase();
    environment = {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '',
      TEMPORAL_NAMESPACE: `schema-${randomUUID()}`,
    };
    await createNamespace(environment['TEMPORAL_ADDRESS'] ?? '', environment['TEMPORAL_NAMESPACE'] ?? '');
    roles = await Promise.all(ROLES.map((role) => startRole(role, environment)));
  }, TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(roles.map((role) => role.stop()));
    await deleteSchedules(environment['TEMPORAL_ADDRESS'] ?? '', environment['TEMPORAL_NAMESPACE'] ?? '');
    await database.drop();
    await rm(home, { recursive: true, force: true });
  }, TIMEOUT_MS);

  it(
    'say that opspilot migrate is to be run, to everybody who asks, and work once it was run',
    async () => {
      const api = roles[ROLES.indexOf('api')];
      for (const role of roles) {
        const answer = await ready(role);
        const { checks } = (await answer.json()) as { checks: object[] };
        expect(answer.status).toBe(503);
        expect(checks).toContainEqual(
          expect.objectContaining({
            name: 'postgres',
            status: 'down',
            reason: expect.stringMatching(RUN_MIGRATE) as string,
          }),
        );
      }
      const refused = await listRules(api, 'opk_any');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await refused.json()).toMatchObject({ detail: expect.stringMatching(RUN_MIGRATE) as string });
      const tooEarly = await opspilotCli(home, ['create-project', 'shop'], environment);
      expect([tooEarly.code, tooEarly.stderr]).toEqual([1, expect.stringMatching(RUN_MIGRATE)]);

      await opspilotOutput(home, ['migrate'], environment);
      const made = await opspilotOutput(home, ['create-project', 'shop'], environment);
      const { api_key: apiKey } = JSON.parse(made) as { readonly api_key: string };
      expect((await listRules(api, apiKey)).status).toBe(200);
      for (const role of roles)
        await waitFor('a role to be ready', async () => (await ready(role)).ok || undefined, {
          deadlineMs: 60_000,
        });
    },
    TIMEOUT_MS,
  );
});

const NEVER_ENDS = `
  CREATE FUNCTION never_end() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3600); END';
  CREATE EVENT TRIGGER slow ON ddl_command_start EXECUTE FUNCTION never_end()`;
const MIGRATING = `
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'opspilot-migrate' AND wait_event = 'PgSleep'`;

describe('opspilot migrate', () => {
  it(
    'leaves no statement to the database that goes on with its locks, where it is killed',
    async () => {
      const database = await createTestDatabase();
      const client = new Client({ connectionString: database.url });
      await client.connect();
      const isMigrating = async () => (await client.query(MIGRATING)).rowCount === 1;
      try {
        await client.query(NEVER_ENDS);
        const migrate = startCli(os.tmpdir(), ['migrate'], { environment: { DATABASE_URL: database.url } });
        const ended = endOfCli(migrate);
        await waitFor('a statement that takes long', async () => ((await isMigrating()) ? true : undefined));
        migrate.kill('SIGKILL');
        await ended;
        await waitFor('its end', async () => ((await isMigrating()) ? undefined : true));
      } finally {
        await client.end();
        await database.drop('WITH (FORCE)');
      }
    },
    TIMEOUT_MS,
  );
});
