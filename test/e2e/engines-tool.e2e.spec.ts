import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { describeWithEngine } from '../support/describe-with-engine';
import { waitFor } from '../support/wait-for';

const ROOT = path.resolve(__dirname, '../..');

interface Summary {
  readonly engines: Readonly<Record<string, { readonly url: string; readonly pids: Record<string, number> }>>;
}

function engines(folder: string, ...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const command = ['scripts/engines.mjs', '--only', 'redis', '--folder', folder, ...args];
    execFile(process.execPath, command, { cwd: ROOT, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}

function runningRedis(folder: string) {
  const { engines: running } = JSON.parse(readFileSync(path.join(folder, 'engines.json'), 'utf8')) as Summary;
  const found = running['redis'];
  if (found === undefined) throw new Error('engines.json does not name Redis');
  return { url: found.url, pid: Object.values(found.pids)[0] ?? 0 };
}

function isAlive(pid: number): boolean {
  try {
    // One that has ended but was not reaped yet still has its number.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Redis stands for all: it is the one that is up at once. */
describeWithEngine('redis', 'npm run engines', () => {
  let folder: string;
  let beside: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), `opspilot-tool "it's" \\ 100% #1 `));
    beside = mkdtempSync(path.join(os.tmpdir(), 'opspilot-tool-'));
  });
  afterAll(async () => {
    await Promise.all([engines(folder, 'down'), engines(beside, 'down', '--only', 'redis,postgres')]);
    for (const each of [folder, beside]) rmSync(each, { recursive: true, force: true });
  });

  it('starts an engine that asks for its password and tells where it is, without the password on the screen', async () => {
    const { code, output } = await engines(folder, 'up');
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/✓ Redis: \d.* at redis:\/\/127\.0\.0\.1:\d+ /),
    ]);
    const { url } = runningRedis(folder);
    expect(output).not.toContain(new URL(url).password);
    const advice = output.split('\n').find((line) => line.startsWith('For the shell')) ?? '';
    const told = execFileSync('sh', ['-c', advice.replace(/^.*: \. /, 'printf %s ')], { encoding: 'utf8' });
    expect(told).toBe(path.join(folder, 'production.env'));
    const redis = new Redis(url);
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });

  it('leaves the variables of the roles and of the tests for a shell', () => {
    const { url } = runningRedis(folder);
    const show = (file: string, variable: string) =>
      execFileSync('bash', ['-c', `. "$0" && node -p process.env.${variable}`, path.join(folder, file)], {
        encoding: 'utf8',
      });
    expect(show('production.env', 'CACHE_URL').trim()).toBe(url);
    expect(show('test.env', 'OPSPILOT_TEST_REDIS_URL').trim()).toBe(url);
  });

  it('says so when it is up already', async () => {
    const { pid } = runningRedis(folder);
    expect((await engines(folder, 'up')).output).toContain('Redis: already up at');
    expect(runningRedis(folder).pid).toBe(pid);
    expect((await engines(folder, 'status')).output).toContain(`process ${pid}`);
  });

  it('starts it where it was after kill -9 of the engine', async () => {
    const { pid, url } = runningRedis(folder);
    process.kill(pid, 'SIGKILL');
    await waitFor('Redis to end', () => (isAlive(pid) ? undefined : true));
    expect((await engines(folder, 'status')).output).toContain('Redis: not up');
    expect((await engines(folder, 'up')).code).toBe(0);
    expect(runningRedis(folder).url).toBe(url);
    expect(runningRedis(folder).pid).not.toBe(pid);
  });

  it('stops what it started in its folder, and nothing else', async () => {
    expect((await engines(beside, 'up')).code).toBe(0);
    const [ours, others] = [runningRedis(folder), runningRedis(beside)];
    expect((await engines(folder, 'down')).output).toContain('Redis: stopped');
    expect([isAlive(ours.pid), isAlive(others.pid)]).toEqual([false, true]);
    expect((await engines(folder, 'down')).output).toContain('Redis: was not up');
  });

  it('takes the programs of the PostgreSQL that OPSPILOT_ENGINES_POSTGRES names, and no others', async () => {
    const command = ['scripts/engines.mjs', 'up', '--only', 'postgres', '--folder', beside];
    const env = { ...process.env, OPSPILOT_ENGINES_POSTGRES: '/nowhere' };
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, command, { cwd: ROOT, timeout: 120_000, env }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    expect(output).toMatch(/PostgreSQL: cannot run \/nowhere\/pg_config/);
    expect(output).toContain('not up: PostgreSQL');
  });

  it('leaves a process alone that has the number of one of ours by chance', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      writeFileSync(path.join(folder, 'redis', 'redis.process'), `${stranger.pid} 1\n`);
      expect((await engines(folder, 'down')).output).toContain('Redis: was not up');
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
    } finally {
      stranger.kill();
    }
  });
});
