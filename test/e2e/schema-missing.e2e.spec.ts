import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { opspilotCli, opspilotOutput } from '../support/opspilot-cli';
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
