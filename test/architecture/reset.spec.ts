import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SCRIPT = path.resolve(__dirname, '../../scripts/reset.mjs');

describe('npm run reset', () => {
  let home: string;
  let other: ChildProcess | undefined;

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'opspilot-reset-'));
    writeFileSync(path.join(home, 'connection.json'), '{}');
  });
  afterEach(() => {
    other?.kill();
    other = undefined;
    rmSync(home, { recursive: true, force: true });
  });

  function runsAs(command: string, ...args: readonly string[]): string {
    other = spawn(command, args, { stdio: 'ignore' });
    return `${other.pid}\n`;
  }

  function reset(mark: string) {
    writeFileSync(path.join(home, 'opspilot.pid'), mark);
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT], {
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
    ['whose number somebody else has now', () => runsAs('sleep', '60')],
    ['who could not write its number', () => ''],
  ])('takes no heed of one that was killed %s', (_case, mark) => {
    expect(reset(mark())).toEqual({ status: 0, stderr: '', isThere: false });
  });
});
