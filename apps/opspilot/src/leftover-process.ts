import { readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { waitUntil } from './wait-until';

const run = promisify(execFile);

/**
 * Ends a process of an earlier OpsPilot that was killed. `mark` must occur in its command line: the number may long
 * belong to somebody else.
 */
export async function endLeftover(request: {
  readonly pid: number;
  readonly mark: string;
  readonly signal: 'SIGINT' | 'SIGTERM';
  readonly timeoutMs: number;
}): Promise<void> {
  if (!(await commandLineOf(request.pid)).includes(request.mark)) return;
  process.kill(request.pid, request.signal);
  await waitUntil({
    what: `process ${request.pid} of an earlier start to end`,
    timeoutMs: request.timeoutMs,
    ask: async () => !(await commandLineOf(request.pid)).includes(request.mark),
  });
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
