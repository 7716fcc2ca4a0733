import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { waitFor } from '../../../test/support/wait-for';
import { endLeftover } from './leftover-process';

const onLinux = process.platform === 'linux' ? it : it.skip;

/** Becomes a program that never reaps the child whose number it prints first. */
const NEGLECTFUL_PARENT = 'sleep 300 & echo $!; exec sleep 300';

describe('endLeftover', () => {
  let parent: ChildProcess | undefined;
  afterEach(() => parent?.kill('SIGKILL'));

  it('leaves a process alone whose command line says something else', async () => {
    parent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(parent, 'spawn');
    await endLeftover({ pid: parent.pid ?? 0, mark: 'another program', signal: 'SIGTERM', timeoutMs: 1000 });
    expect(parent.signalCode).toBeNull();
    expect(parent.exitCode).toBeNull();
  });

  it('ends a process of its mark', async () => {
    parent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'of-this-mark']);
    await once(parent, 'spawn');
    const ended = once(parent, 'exit');
    await endLeftover({ pid: parent.pid ?? 0, mark: 'of-this-mark', signal: 'SIGTERM', timeoutMs: 5000 });
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  onLinux(
    'waits for an ended process to lose its number, which PostgreSQL would take for a running server',
    async () => {
      parent = spawn('sh', ['-c', NEGLECTFUL_PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [printed] = (await once(parent.stdout ?? parent, 'data')) as [Buffer];
      const pid = Number(printed.toString());
      process.kill(pid, 'SIGKILL');
      await waitFor(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z'));
      const ending = endLeftover({ pid, mark: 'sleep', signal: 'SIGTERM', timeoutMs: 5000 });
      parent.kill('SIGKILL');
      await ending;
      expect(
        existsSync(`/proc/${pid}/stat`) && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z'),
      ).toBe(false);
    },
  );
});
