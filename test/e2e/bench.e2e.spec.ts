import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describeWithEngine } from '../support/describe-with-engine';
import { ROLES } from '../support/start-role';

const ROOT = path.resolve(__dirname, '../..');
const KEYS = ['path', 'measure', 'value', 'reference', 'ratio', 'must', 'aim'];

interface Row {
  readonly path: string;
  readonly measure: string;
  readonly value: number | null;
  readonly ratio: number | null;
}

describeWithEngine('rabbitmq', 'npm run bench', () => {
  describeWithEngine('opensearch', 'on RabbitMQ, OpenSearch and PostgreSQL', (url) => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'opspilot-bench-spec-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('measures every agreed figure, writes the rows and removes what it put into the engines', async () => {
      const json = path.join(folder, 'rows.json');
      const before = await indices(url);
      const output = await bench('--quick', '--part', 'production,accept,samples', '--json', json);
      const rows = JSON.parse(await readFile(json, 'utf8')) as readonly Row[];

      for (const row of rows) expect(Object.keys(row)).toEqual(KEYS);
      for (const row of rows) expect(row).toMatchObject({ value: expect.any(Number) });
      const withRatio = rows.filter(({ ratio }) => ratio !== null).map(({ measure }) => measure);
      expect(withRatio).toEqual([
        'records/s ÷ raw _bulk, batches of 1,000, same mapping and ids',
        'records/s ÷ raw _bulk of 5,000 into the plain mapping',
        'records/s ÷ raw _bulk of 5,000, plain, refreshes wait for no merge',
        'CPU of all but OpenSearch ÷ bare pipeline that validates, s per million records',
        'requests/s ÷ bare server with the same broker, coalesced',
        'samples/s ÷ raw COPY of 5,000 × 2',
      ]);
      const roles = rows
        .map(({ path: of }) => /^memory of ([a-z-]+)/.exec(of)?.[1])
        .filter((role) => role !== undefined);
      expect(roles.sort()).toEqual([...ROLES].sort());
      expect(output).toContain('raw COPY of 5,000 × 2');
      const left = (await indices(url)).filter((name) => name.startsWith('bench-') && !before.includes(name));
      expect(left).toEqual([]);
    }, 300_000);
  });
});

async function indices(url: string): Promise<readonly string[]> {
  const response = await fetch(new URL('/_cat/indices?format=json&h=index', url));
  return ((await response.json()) as readonly { index: string }[]).map(({ index }) => index);
}

function bench(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [path.join(ROOT, 'scripts/bench.mjs'), ...args],
      { cwd: ROOT, timeout: 290_000 },
      (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(stderr, { cause: error })),
    );
  });
}
