import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { environmentForChildren } from '../../../libs/config/src/environment-for-children';
import { rotateAppended } from './rotating-file';

export interface ProcessRequest {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where it runs; by default where OpsPilot does. */
  readonly folder?: string;
  /** Receives both output streams, appended. When full it becomes `<file>.1`. */
  readonly logFile: string;
  /** Default 20 MB. */
  readonly maxLogBytes?: number;
  /** How often it is looked at. Default a minute. */
  readonly logLookMs?: number;
  /** What asks this program to end well; it is also sent when OpsPilot itself is killed. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Run as this user instead of root. */
  readonly userId?: number;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly isRunning: () => boolean;
  /** Asks it to end, and kills it when it has not after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

const MAX_LOG_BYTES = 20_000_000;
const LOG_LOOK_MS = 60_000;

const hasSetpriv = process.platform === 'linux' && spawnSync('setpriv', ['--version']).status === 0;

/**
 * Starts an engine in a session of its own, so that Ctrl-C reaches OpsPilot alone and the order of stopping is ours.
 * Errors: when the program cannot be started.
 */
export async function startProcess(request: ProcessRequest): Promise<ManagedProcess> {
  const { command, args } = withPrivileges(request);
  const output = openSync(request.logFile, 'a');
  const child = spawn(command, args, {
    ...(request.folder !== undefined && { cwd: request.folder }),
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...environmentForChildren(), TZ: 'UTC', LC_ALL: 'C' },
  });
  closeSync(output);
  const pid = await startedPid(child, request.name);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  keepLogShort(request, ended);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    name: request.name,
    pid,
    ended,
    isRunning,
    stop: async (timeoutMs) => {
      if (!isRunning()) return;
      child.kill(request.stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** An engine tells of every statement that it refuses. Where the file cannot be rotated, it grows: that is no reason to stop. */
function keepLogShort(
  { logFile, maxLogBytes = MAX_LOG_BYTES, logLookMs = LOG_LOOK_MS }: ProcessRequest,
  ended: Promise<void>,
): void {
  const look = () => void rotateAppended(logFile, maxLogBytes).catch(() => undefined);
  const timer = setInterval(look, logLookMs).unref();
  void ended.then(() => clearInterval(timer));
}

/**
 * On Linux setpriv makes the kernel end the engine when OpsPilot dies, and lets it run as another user. That user keeps
 * the right to pass folders that only root may enter, because a clone may lie below one (/root, a mktemp folder).
 */
export function withPrivileges(request: Pick<ProcessRequest, 'command' | 'args' | 'userId' | 'stopSignal'>): {
  readonly command: string;
  readonly args: readonly string[];
} {
  if (!hasSetpriv) return { command: request.command, args: request.args };
  const user =
    request.userId === undefined
      ? []
      : [
          `--reuid=${request.userId}`,
          `--regid=${request.userId}`,
          '--clear-groups',
          // Without it, access(2) would ask as if the capabilities were not there, and initdb asks.
          '--securebits=+no_setuid_fixup',
          // This one alone: dac_read_search adds nothing to it, and in a container root does not have it.
          '--inh-caps=-all,+dac_override',
          '--ambient-caps=-all,+dac_override',
        ];
  const deathSignal = request.stopSignal.replace('SIG', '');
  return {
    command: 'setpriv',
    args: ['--pdeathsig', deathSignal, ...user, request.command, ...request.args],
  };
}

function startedPid(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`cannot start ${name}: ${error.message}`, { cause: error })),
    );
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}
