import { spawn } from 'node:child_process';
import path from 'node:path';
import { waitFor } from './wait-for';

const ROOT = path.resolve(__dirname, '../..');
/** As long as all of OpsPilot in one process has: on a busy machine a role takes its time too. */
const START_TIMEOUT_MS = 90_000;

export const ROLES = ['ingest', 'api', 'ingest-worker', 'workflow-worker'] as const;
export type Role = (typeof ROLES)[number];

/** What node runs, from the root of the repository. */
export function programOf(role: Role): string {
  return `dist/apps/${role}/src/main.js`;
}

export interface RoleProcess {
  readonly url: string;
  readonly output: () => string;
  /** Sends the signal and waits for the end; returns the exit code, or null where the signal killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Runs the built role as a process of its own, listening on a free port; from another root where one is given. */
export async function startRole(
  role: Role,
  environment: Readonly<Record<string, string>>,
  root = ROOT,
): Promise<RoleProcess> {
  const child = spawnRole(role, { PORT: '0', LOG_LEVEL: 'info', ...environment }, root);
  const url = await waitFor(
    `${role} to listen`,
    () => {
      if (child.hasEnded()) throw new Error(`${role} ended while starting:\n${child.output()}`);
      return /"url":"([^"]+)"[^\n]*"msg":"listening"/.exec(child.output())?.[1];
    },
    { deadlineMs: START_TIMEOUT_MS },
  ).catch(async (error: unknown) => {
    await child.stop('SIGKILL');
    throw error;
  });
  return { url, output: child.output, stop: child.stop };
}

/** Starts the process and does not wait for anything. */
export function spawnRole(role: Role, environment: Readonly<Record<string, string>>, root = ROOT) {
  const child = spawn(process.execPath, [path.join(root, programOf(role))], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    output: () => output,
    ended,
    hasEnded,
    stop: async (signal: NodeJS.Signals = 'SIGTERM') => {
      if (!hasEnded()) child.kill(signal);
      return ended;
    },
  };
}
