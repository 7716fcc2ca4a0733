import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { endLeftover } from './leftover-process';
import { type ManagedProcess, startProcess } from './managed-process';
import { untilItAnswers } from './until-it-answers';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

export interface TemporalDevServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly process: ManagedProcess;
  stop(): Promise<void>;
}

/**
 * Runs Temporal's dev server on loopback with its state in one SQLite file.
 * Errors: when it does not listen in a minute; the message names its log.
 */
export async function startTemporalDevServer(options: {
  readonly binary: string;
  readonly folder: string;
  readonly port: number;
  readonly uiPort: number;
  /** Who is told to stop before it listens, stops it. */
  readonly signal?: AbortSignal;
}): Promise<TemporalDevServer> {
  await mkdir(options.folder, { recursive: true });
  const logFile = path.join(options.folder, 'temporal.log');
  const pidFile = path.join(options.folder, 'temporal.pid');
  // Of any file in the folder: earlier versions named another one.
  await endLeftoverServer(pidFile, path.join(options.folder, path.sep));
  const server = await startProcess({
    name: 'temporal',
    command: options.binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error'],
      // Relative, because it becomes a part of a URL as it is: with a % or # in the folder's path it would be another file.
      ...['--db-filename', 'temporal.db'],
      // There is none, and what people set for their own servers does not count. It also tells whose process this is.
      ...['--env-file', path.join(options.folder, 'temporal.yaml')],
      ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
      // Measured: twice the workflows a second of the default journal. A killed process loses nothing; only a power cut
      // could lose the last moments, and schedules and idempotent hand-overs make those up.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    ],
    folder: options.folder,
    logFile,
    stopSignal: 'SIGTERM',
  });
  await writeFile(pidFile, String(server.pid));
  await untilItAnswers(server, {
    what: `Temporal's dev server to listen (its log: ${logFile})`,
    timeoutMs: START_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    signal: options.signal,
    // Somebody else may listen there, which is why ours is about to end.
    ask: async () => server.isRunning() && (await isListening(options.port)),
  });
  return {
    address: `127.0.0.1:${options.port}`,
    uiUrl: `http://127.0.0.1:${options.uiPort}`,
    process: server,
    stop: async () => {
      await server.stop(STOP_TIMEOUT_MS);
      await rm(pidFile, { force: true });
    },
  };
}

async function endLeftoverServer(pidFile: string, mark: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (Number.isInteger(pid) && pid > 0) {
    await endLeftover({ pid, mark, signal: 'SIGTERM', timeoutMs: STOP_TIMEOUT_MS });
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
