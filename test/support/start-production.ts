import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openFrontDoor } from './front-door';
import { opspilotOutput } from './opspilot-cli';
import { takeProductionEngines } from './production-engines';
import { type Role, type RoleProcess, ROLES, startRole } from './start-role';
import { createNamespace, deleteSchedules } from './temporal-namespace';
import { waitFor } from './wait-for';

/** Less than the hooks that call it have, which would leave behind what comes up too late, and Jest waiting for its end. */
const START_TIMEOUT_MS = 100_000;
const SHOWN_OUTPUT = 4000;

/**
 * Runs the built roles as processes of their own, as production does: on RabbitMQ, OpenSearch, PostgreSQL, Redis and
 * Temporal, with the first project made by command, behind one address.
 */
export async function startProduction(changes: Readonly<Record<string, string>>) {
  const giveUpAtMs = Date.now() + START_TIMEOUT_MS;
  const undo: (() => Promise<unknown>)[] = [];
  const remove = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const home = await mkdtemp(path.join(os.tmpdir(), 'opspilot-production-'));
    undo.push(() => rm(home, { recursive: true, force: true }));
    const engines = await takeProductionEngines();
    undo.push(() => engines.remove());
    const environment = {
      ...engines.environment,
      TEMPORAL_ADDRESS: process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '',
      TEMPORAL_NAMESPACE: `e2e-${randomUUID()}`,
      OPSPILOT_HOME: home,
      ...changes,
    };
    if (changes['TEMPORAL_NAMESPACE'] === undefined)
      await createNamespace(environment.TEMPORAL_ADDRESS, environment.TEMPORAL_NAMESPACE);
    undo.push(() => deleteSchedules(environment.TEMPORAL_ADDRESS, environment.TEMPORAL_NAMESPACE));
    await opspilotOutput(home, ['migrate'], environment);
    const access = await createProject(home, environment);
    const roles = await startRoles(environment, undo, giveUpAtMs);
    const frontDoor = await openFrontDoor({ ingest: urlOf(roles, 'ingest'), api: urlOf(roles, 'api') });
    undo.push(() => frontDoor.close());
    const connection = { url: frontDoor.url, database_url: engines.databaseUrl, ...access };
    await writeFile(path.join(home, 'connection.json'), JSON.stringify(connection), { mode: 0o600 });
    const output = () => [...roles.values()].map((role) => role.output()).join('\n');
    return {
      url: frontDoor.url,
      apiKey: access.api_key,
      projectId: access.project_id,
      home,
      output,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function createProject(home: string, environment: Readonly<Record<string, string>>) {
  const made = await opspilotOutput(home, ['create-project', 'default'], environment);
  return JSON.parse(made) as { readonly project_id: string; readonly api_key: string };
}

/** All of them ready. What was started is ended by `undo`, also where another one could not be. */
async function startRoles(
  environment: Readonly<Record<string, string>>,
  undo: (() => Promise<unknown>)[],
  giveUpAtMs: number,
): Promise<ReadonlyMap<Role, RoleProcess>> {
  const roles = new Map<Role, RoleProcess>();
  undo.push(() => Promise.all([...roles.values()].map((role) => role.stop())));
  const results = await Promise.allSettled(
    ROLES.map(async (name) => {
      const role = await startRole(name, environment);
      roles.set(name, role);
      await waitFor(
        `${name} to be ready`,
        async () => ((await fetch(new URL('/ready', role.url))).ok ? true : undefined),
        { deadlineMs: giveUpAtMs - Date.now(), everyMs: 200 },
      ).catch((error: Error) => {
        throw new Error(`${error.message}:\n${role.output().slice(-SHOWN_OUTPUT)}`, { cause: error });
      });
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return roles;
}

function urlOf(roles: ReadonlyMap<Role, RoleProcess>, name: Role): string {
  const role = roles.get(name);
  if (role === undefined) throw new Error(`${name} does not run`);
  return role.url;
}
