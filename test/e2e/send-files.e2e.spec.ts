import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { apiOf } from '../support/api';
import { endOfCli, opspilotCli, startCli } from '../support/opspilot-cli';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

const ROOT = path.resolve(__dirname, '../..');
const BENCHMARKS = path.resolve(ROOT, '../shared/benchmarks/logs/data');
const CORPUS = path.join(ROOT, 'test/corpus');
const FILES_AT_ONCE = 4;

interface SendSummary {
  readonly lines: number;
  readonly records: number;
  readonly joined: number;
  readonly blank: number;
  readonly accepted: number;
  readonly rejected: number;
}

const benchmarkFiles = existsSync(BENCHMARKS)
  ? readdirSync(BENCHMARKS)
      .map((system) => path.join(BENCHMARKS, system, 'raw.log'))
      .filter((file) => existsSync(file))
  : [];
const describeBenchmarks = benchmarkFiles.length > 0 ? describe : describe.skip;

describe('opspilot send', () => {
  let opspilot: RunningOpsPilot;

  beforeAll(async () => {
    opspilot = await startOpsPilot();
  }, 120_000);
  afterAll(() => opspilot.remove());

  /** Every line is a stored record, part of one, or blank: by the summary, and by what the store then holds. */
  async function expectAllAccountedFor(file: string): Promise<void> {
    const service = `file-${path.basename(path.dirname(file))}-${path.basename(file).replace(/\W/g, '-')}`;
    const { code, stdout, stderr } = await opspilotCli(opspilot.home, [
      'send',
      file,
      '--service',
      service,
      '--json',
    ]);
    expect([file, code, stderr]).toEqual([file, 0, expect.any(String)]);
    const summary = JSON.parse(stdout) as SendSummary;
    expect(summary.lines).toBe(summary.records + summary.joined + summary.blank);
    expect([summary.accepted, summary.rejected]).toEqual([summary.records, 0]);
    const query = `/api/logs/query?service_name=${service}&start_time=1990-01-01T00:00:00Z&end_time=now%2B1d&limit=0`;
    await waitFor(`${summary.records} records of ${file}`, async () =>
      (await apiOf(opspilot).get(query)).body.total === summary.records ? true : undefined,
    );
  }

  it('accounts for every line of every format of the corpus', async () => {
    const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.log'),
    );
    expect(files.length).toBeGreaterThan(20);
    for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
      const some = files.slice(from, from + FILES_AT_ONCE);
      await Promise.all(some.map((file) => expectAllAccountedFor(path.join(CORPUS, file))));
    }
  }, 240_000);

  describeBenchmarks('on public log files (skipped where ../shared/benchmarks/logs is absent)', () => {
    it.each(benchmarkFiles.length > 0 ? benchmarkFiles : ['none'])(
      'accounts for every line of %s',
      expectAllAccountedFor,
    );
  });

  it('says what to do when it does not know where OpsPilot is, with exit code 2', async () => {
    const { code, stderr } = await opspilotCli('/nonexistent', [
      'send',
      path.join(CORPUS, readdirSync(CORPUS)[0] ?? ''),
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('npm start')]);
  });

  it('tells a wrong key in plain words, with exit code 1', async () => {
    const file = readdirSync(CORPUS).find((name) => name.endsWith('.log')) ?? '';
    const { code, stderr } = await opspilotCli(opspilot.home, [
      'send',
      path.join(CORPUS, file),
      '--api-key',
      'ops_wrong',
    ]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/401|key/)]);
  });

  it('goes on to its end, also where nobody hears what it tells any more', async () => {
    const command = startCli(opspilot.home, ['send', ...someFiles()]);
    command.stderr?.destroy();
    expect(await endOfCli(command)).toMatchObject({ code: 0 });
  });

  it('says in one line that its output has no room', async () => {
    const full = await open('/dev/full', 'w');
    const command = startCli(opspilot.home, ['send', ...someFiles(), '--dry-run'], { output: full.fd });
    const { code, stderr } = await endOfCli(command);
    await full.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^standard output cannot be written: ENOSPC.*\n$/),
    ]);
  });
});

function someFiles(): string[] {
  const names = readdirSync(CORPUS).filter((name) => name.endsWith('.log'));
  return names.slice(0, 3).map((name) => path.join(CORPUS, name));
}
