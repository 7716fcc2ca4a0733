import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SCRIPT = path.resolve(__dirname, '../../scripts/reset.mjs');

describe('npm run reset', () => {
  let home: string;
  let other: ChildProcess | undefined;

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'opspilot-reset-'));
    writeState('connection.json', '{}');
  });
  afterEach(() => {
    other?.kill();
    other = undefined;
    rmSync(home, { recursive: true, force: true });
  });

  function writeState(name: string, content: string): void {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  function runsAs(command: string, ...args: readonly string[]): string {
    other = spawn(command, args, { stdio: 'ignore' });
    return `${other.pid}\n`;
  }

  function reset(mark: string, ...args: readonly string[]) {
    writeState('opspilot.pid', mark);
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], {
      env: { ...process.env, OPSPILOT_HOME: home },
      encoding: 'utf8',
    });
    return { status, stderr, isThere: existsSync(home) };
  }

  it('refuses while a process of OpsPilot has the folder', () => {
    const refused = { status: 1, stderr: expect.stringContaining('stop it first'), isThere: true };
    expect(reset(runsAs(process.execPath, '--eval', 'setTimeout(() => 0, 60_000)'))).toEqual(refused);
  });

  it.each([
    ['its help is asked for', '--help', 0],
    ['it is called with what it does not know', '--only=logs', 1],
  ])('removes nothing where %s', (_case, argument, code) => {
    expect(reset('', argument)).toMatchObject({ status: code, isThere: true });
  });

  it.each([
    ['whose number somebody else has now', () => runsAs('sleep', '60')],
    ['who could not write its number', () => ''],
  ])('takes no heed of one that was killed %s', (_case, mark) => {
    expect(reset(mark())).toEqual({ status: 0, stderr: '', isThere: false });
  });

  /** Starts a process with that argument, and writes its number to where an engine has its own. */
  async function runsWith(argument: string, pidFile: string, script = ''): Promise<ChildProcess> {
    const code = `${script}; setTimeout(() => 0, 60_000); console.log('ready')`;
    const child = spawn(process.execPath, ['--eval', code, argument], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    other = child;
    await once(child.stdout, 'data');
    writeState(pidFile, `${child.pid}\n${home}\n`);
    return child;
  }

  it.each([
    ['PostgreSQL', 'postgres/cluster', 'postgres/cluster/postmaster.pid', undefined, 'SIGQUIT'],
    ['Temporal', 'temporal/temporal.db', 'temporal/temporal.pid', undefined, 'SIGTERM'],
    [
      'Temporal, though it does not listen,',
      'temporal/temporal.db',
      'temporal/temporal.pid',
      "process.on('SIGTERM', () => 0)",
      'SIGKILL',
    ],
  ])('ends the %s that outlived a killed OpsPilot', async (_engine, place, pidFile, script, signal) => {
    const ended = once(await runsWith(path.join(home, place), pidFile, script), 'exit');
    expect(reset('')).toEqual({ status: 0, stderr: '', isThere: false });
    expect(await ended).toEqual([null, signal]);
  });

  it.each(['engines/engines.json', 'logs/opspilot.log'])(
    'removes a folder in which only %s was made',
    (name) => {
      rmSync(path.join(home, 'connection.json'));
      writeState(name, '{}');
      expect(reset('')).toEqual({ status: 0, stderr: '', isThere: false });
    },
  );

  it('leaves a folder alone that looks like no state of OpsPilot', () => {
    rmSync(path.join(home, 'connection.json'));
    writeState('engines/mine.txt', '');
    const refused = { status: 1, stderr: expect.stringContaining('does not look like'), isThere: true };
    expect(reset('')).toEqual(refused);
  });

  it('leaves a process alone that has the number of an engine of a killed OpsPilot', async () => {
    const child = await runsWith('another', 'temporal/temporal.pid');
    expect(reset('')).toEqual({ status: 0, stderr: '', isThere: false });
    // What was sent to it before comes before this.
    const ended = once(child, 'exit');
    child.kill('SIGUSR2');
    expect(await ended).toEqual([null, 'SIGUSR2']);
  });
});
