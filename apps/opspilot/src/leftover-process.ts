import { readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { waitUntil } from './wait-until';

const run = promisify(execFile);

const REAP_TIMEOUT_MS = 10_000;

/**
 * Ends a process of an earlier OpsPilot that was killed. `mark` must occur in its command line: the number may long
 * belong to somebody else. A process that has ended but still has its number is waited for: PostgreSQL takes a lock
 * file whose process has a number for a server that runs, and the one who reaps may take seconds over it.
 */
export async function endLeftover(request: {
  readonly pid: number;
  readonly mark: string;
  readonly signal: 'SIGINT' | 'SIGTERM';
  readonly timeoutMs: number;
}): Promise<void> {
  if ((await commandLineOf(request.pid)).includes(request.mark)) {
    process.kill(request.pid, request.signal);
    await waitUntil({
      what: `process ${request.pid} of an earlier start to end`,
      timeoutMs: request.timeoutMs,
      ask: async () => !(await commandLineOf(request.pid)).includes(request.mark),
    });
  }
  await waitUntil({
    what: `process ${request.pid} of an earlier start, which has ended, to be reaped by its parent`,
    timeoutMs: REAP_TIMEOUT_MS,
    ask: async () => !(await isZombie(request.pid)),
  });
}

/** Whether it has ended and nobody has taken note. Linux only: elsewhere orphans are reaped at once. */
async function isZombie(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets, and may itself hold anything.
  return status.slice(status.lastIndexOf(')') + 2).startsWith('Z');
}

/** Empty where there is no such process. */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => text.replaceAll('\0', ' '),
      () => '',
    );
  }
  return run('ps', ['-o', 'args=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
