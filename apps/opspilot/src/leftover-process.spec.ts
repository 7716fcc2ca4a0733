import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { waitFor } from '../../../test/support/wait-for';
import { endLeftover } from './leftover-process';

const onLinux = process.platform === 'linux' ? it : it.skip;
const WAITING = 'setInterval(() => {}, 1000)';
/** Becomes a program that never reaps the child whose number it prints. The shell would, as long as it is one. */
const NEGLECTFUL_PARENT = `sleep 300 & exec "$0" -e "console.log($!); ${WAITING}"`;

const isZombie = (pid: number) =>
  existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');

describe('endLeftover', () => {
  let started: ChildProcess | undefined;
  afterEach(() => started?.kill('SIGKILL'));

  it('leaves a process alone whose command line says something else', async () => {
    started = spawn(process.execPath, ['-e', WAITING]);
    await once(started, 'spawn');
    await endLeftover({ pid: started.pid ?? 0, mark: 'another program', signal: 'SIGTERM', timeoutMs: 1000 });
    expect([started.exitCode, started.signalCode]).toEqual([null, null]);
  });

  it('ends a process of its mark', async () => {
    started = spawn(process.execPath, ['-e', WAITING, 'of-this-mark']);
    await once(started, 'spawn');
    const ended = once(started, 'exit');
    await endLeftover({ pid: started.pid ?? 0, mark: 'of-this-mark', signal: 'SIGTERM', timeoutMs: 5000 });
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  onLinux(
    'waits until an ended process has lost its number, which PostgreSQL would shy at (skipped where there is no /proc)',
    async () => {
      started = spawn('sh', ['-c', NEGLECTFUL_PARENT, process.execPath], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [printed] = (await once(started.stdout ?? started, 'data')) as [Buffer];
      const pid = Number(printed.toString());
      process.kill(pid, 'SIGKILL');
      await waitFor('the child to end', () => isZombie(pid) || undefined);
      const ending = endLeftover({ pid, mark: 'sleep 300', signal: 'SIGTERM', timeoutMs: 5000 });
      started.kill('SIGKILL');
      await ending;
      expect(isZombie(pid)).toBe(false);
    },
  );
});
