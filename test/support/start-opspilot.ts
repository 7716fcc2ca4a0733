import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startProduction } from './start-production';
import { createNamespace, deleteSchedules } from './temporal-namespace';
import { createTestDatabase } from './test-database';
import { waitFor } from './wait-for';

const ROOT = path.resolve(__dirname, '../..');
const START_TIMEOUT_MS = 90_000;
/** All that a shell, a URL or a configuration file could take for something else, and too long for a Unix socket. */
const ODD_NAME = `opspilot "100%" of 'it' \\ #1 $HOME ünï-日本 ${'long '.repeat(20)}`;

export interface RunningOpsPilot {
  readonly url: string;
  readonly apiKey: string;
  readonly projectId: string;
  readonly home: string;
  /** What it printed so far. */
  readonly output: () => string;
  /** Stops it and removes its state. */
  remove(): Promise<void>;
}

export interface OneProcessOpsPilot extends RunningOpsPilot {
  readonly pids: Readonly<Record<string, number>>;
  /** Sends the signal and waits for the end; returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same state. */
  restart(): Promise<OneProcessOpsPilot>;
}

interface Options {
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs the built OpsPilot in one process as `npm start` does, on a database and a Temporal namespace of its own. With
 * `embedded`, on engines that it starts itself. Else the jest project decides: e2e-production runs it as production does.
 */
export async function startOpsPilot(
  options: Options & { readonly embedded: true },
): Promise<OneProcessOpsPilot>;
export async function startOpsPilot(options?: Options): Promise<RunningOpsPilot>;
export async function startOpsPilot(
  options: Options & { readonly embedded?: boolean } = {},
): Promise<RunningOpsPilot> {
  if (options.embedded !== true && process.env['OPSPILOT_TEST_MODE'] === 'production')
    return startProduction(options.environment ?? {});
  if (options.embedded === true) {
    const home = await mkdtemp(path.join(os.tmpdir(), ODD_NAME));
    return run(home, options.environment ?? {}, async () => undefined).catch(async (error: unknown) => {
      await rm(home, { recursive: true, force: true });
      throw error;
    });
  }
  const home = await mkdtemp(path.join(os.tmpdir(), 'opspilot-e2e-'));
  const database = await createTestDatabase();
  const temporalAddress = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
  const namespace = `e2e-${randomUUID()}`;
  await createNamespace(temporalAddress, namespace);
  const environment = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    ...options.environment,
  };
  return run(home, environment, async () => {
    await deleteSchedules(temporalAddress, environment.TEMPORAL_NAMESPACE);
    await database.drop();
  });
}

async function run(
  home: string,
  environment: Readonly<Record<string, string>>,
  removeEngines: () => Promise<void>,
): Promise<OneProcessOpsPilot> {
  const startedAtMs = Date.now();
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/apps/opspilot/src/main.js')], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', OPSPILOT_HOME: home, LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => (output += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const connection = await waitForStart(child, home, startedAtMs, () => output);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return {
    url: connection.url,
    apiKey: connection.api_key,
    projectId: connection.project_id,
    home,
    pids: connection.pids,
    output: () => output,
    stop,
    restart: () => run(home, environment, removeEngines),
    remove: async () => {
      await stop();
      await removeEngines();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Connected {
  readonly url: string;
  readonly api_key: string;
  readonly project_id: string;
  readonly pids: Readonly<Record<string, number>>;
}

function waitForStart(
  child: ChildProcess,
  home: string,
  startedAtMs: number,
  output: () => string,
): Promise<Connected> {
  return waitFor(
    'OpsPilot to be ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`OpsPilot ended while starting:\n${output()}`);
      if (!output().includes('OpsPilot is ready')) return undefined;
      return JSON.parse(await readFile(path.join(home, 'connection.json'), 'utf8')) as Connected;
    },
    { deadlineMs: START_TIMEOUT_MS },
  ).catch((error: Error) => {
    child.kill('SIGKILL');
    throw new Error(`${error.message} after ${Date.now() - startedAtMs} ms:\n${output()}`, { cause: error });
  });
}
