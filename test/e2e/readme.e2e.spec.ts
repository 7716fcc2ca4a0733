import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { waitFor } from '../support/wait-for';

const ROOT = path.resolve(__dirname, '../..');

/** Run by other tests, or not runnable here; everything else in the README is run below as it stands. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm start': 'started below as the OpsPilot that all other commands talk to',
  'npm test': 'is what runs this',
  'npm run reset': 'run below, after the stop',
  'npm run demo -- --scenario bad-flag --json': 'demo.e2e.spec.ts',
  '.ci/run': 'runs this',
  'npm run chaos -- --kills 200 --seed 1': '.ci/run runs it with a dozen kills',
  'npm run bench': 'bench.e2e.spec.ts runs it with --quick',
  'npm install --no-save': 'scripts/ensure-installed.mjs runs it for npm start',
  'kill $(jobs -p) && wait': 'boot.e2e.spec.ts stops roles',
  'npm run engines -- up': 'engines-tool.e2e.spec.ts',
  'npm run engines -- status': 'engines-tool.e2e.spec.ts',
  'npm run engines -- down': 'engines-tool.e2e.spec.ts',
  '. .opspilot/engines/production.env': 'engines-tool.e2e.spec.ts',
  'PORT=3000 node dist/apps/api/src/main.js &':
    'start-role.ts runs it for boot.e2e.spec.ts and e2e-production',
  'PORT=3001 node dist/apps/ingest/src/main.js &': 'the same',
  'PORT=3002 node dist/apps/ingest-worker/src/main.js &': 'the same',
  'PORT=3003 node dist/apps/workflow-worker/src/main.js &': 'the same',
  "printf '%s\\n' POSTGRES_PASSWORD=choose-one RABBITMQ_PASSWORD=choose-another REDIS_PASSWORD=and-another > .env":
    'would overwrite what a developer has there',
  'docker compose up --build --detach': 'image.e2e.spec.ts runs what the image holds',
  'docker compose run --rm migrate node bin/opspilot.mjs create-project default': 'the same',
  'docker compose down': 'the same',
};

const commands = [
  ...readFileSync(path.join(ROOT, 'README.md'), 'utf8').matchAll(/^```sh\n([^]*?)^```$/gm),
].flatMap(([, block]) => (block ?? '').trim().split('\n'));

/** Files that not every machine has are replaced by ours. */
function onThisMachine(command: string, home: string): string {
  return command
    .replaceAll('./.opspilot/', `${home}/`)
    .replace('/var/log/syslog', 'test/corpus/syslog-rfc3164.log')
    .replace('app.log', 'test/corpus/log4j.log')
    .replace(/^journalctl [^|]*/, 'cat test/corpus/syslog-rfc3164.log ')
    .replace(/^curl .*/, (line) => `${line} -w ' HTTP %{http_code}'`);
}

function run(
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-c', script],
      { cwd: ROOT, env: { ...process.env, ...environment }, timeout: 200_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}

describe('every command of the README', () => {
  let home: string;
  let npmStart: ChildProcess;
  let output = '';

  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'opspilot-readme-'));
    npmStart = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { ...process.env, OPSPILOT_HOME: home, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [npmStart.stdout, npmStart.stderr])
      stream?.on('data', (text: Buffer) => (output += text.toString()));
    await waitFor(
      'npm start to be ready',
      () => {
        if (npmStart.exitCode !== null) throw new Error(`npm start ended: ${output}`);
        return output.includes('OpsPilot is ready') ? true : undefined;
      },
      { deadlineMs: 120_000 },
    );
  }, 130_000);

  afterAll(async () => {
    if (npmStart.exitCode === null) npmStart.kill('SIGTERM');
    await rm(home, { recursive: true, force: true });
  });

  it('finds the commands, and those that are run elsewhere still stand in it', () => {
    expect(commands.length).toBeGreaterThan(25);
    for (const command of Object.keys(ELSEWHERE)) expect(commands).toContain(command);
  });

  it('the curl line that npm start prints works when pasted', async () => {
    const curl = output.split('\n').find((line) => line.trim().startsWith('curl ')) ?? '';
    const { code, output: answer } = await run(curl.trim(), {});
    expect([code, answer]).toEqual([0, expect.stringContaining('"accepted":1')]);
  });

  it.each(commands.filter((command) => !(command in ELSEWHERE) && !command.startsWith('export ')))(
    'works: %s',
    async (command) => {
      const variables = commands
        .filter((line) => line.startsWith('export '))
        .map((line) => onThisMachine(line, home));
      const script = [...variables, onThisMachine(command, home)].join('\n');
      const { code, output: printed } = await run(`set -e -o pipefail\n${script}`, { OPSPILOT_HOME: home });
      expect([command, code, printed]).toEqual([command, 0, expect.any(String)]);
      if (command.startsWith('curl '))
        expect([command, printed]).toEqual([command, expect.stringMatching(/ HTTP 2\d\d$/)]);
    },
    200_000,
  );

  it('npm run reset refuses while it runs, and removes all state after SIGTERM ended npm start in order', async () => {
    expect((await run('npm run reset', { OPSPILOT_HOME: home })).code).not.toBe(0);
    const ended = new Promise<number | null>((resolve) => npmStart.once('exit', resolve));
    npmStart.kill('SIGTERM');
    await ended;
    await waitFor('the state to be let go', () =>
      existsSync(path.join(home, 'opspilot.pid')) ? undefined : true,
    );
    expect(output).toContain('stopping PostgreSQL');
    expect((await run('npm run reset', { OPSPILOT_HOME: home })).code).toBe(0);
    expect(existsSync(home)).toBe(false);
  });
});
