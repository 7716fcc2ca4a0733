import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { addAnalyzeCommand } from './analyze.command';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opspilot-analyze-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

async function put(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function run(...args: string[]): Promise<{ out: string; err: string }> {
  const said = { out: '', err: '' };
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  const program = new Command('opspilot').exitOverride();
  addAnalyzeCommand(program);
  await program.parseAsync(['analyze', 'patterns', ...args], { from: 'user' });
  return said;
}

const LOG = [
  '2026-03-01T10:00:00Z ERROR connect to 10.0.0.7:5432 refused: connection refused',
  '2026-03-01T10:00:05Z INFO order 17 paid in 12ms',
  '2026-03-01T10:20:00Z INFO order 18 paid in 15ms',
  '2026-03-01T10:40:00Z INFO order 19 paid in 9ms',
].join('\n');
const CSV =
  'LineId,Content\n1,"pump 7 said ""hi"", then left"\n2,all is well\n3,"pump 8 said ""ho"", then left"\n';

describe('opspilot analyze patterns', () => {
  it('shows the patterns of a log with count, share, trend, level, label, values and an example', async () => {
    const { out } = await run(await put('shop.log', LOG));
    expect(out).toContain('4 messages, 2 patterns, 2026-03-01T10:00:00Z to');
    expect(out).toMatch(/ 3 +75\.0% +█ +█ +█ +INFO/);
    expect(out).toContain('order <num> paid in <duration>');
    expect(out).toContain('e.g. order 17 paid in 12ms');
    expect(out).toMatch(/1 +25\.0% .* ERROR {2}connection-refused/);
  });

  it('writes the pattern of each line of a CSV file', async () => {
    const file = await put('prepared.csv', CSV);
    const target = path.join(folder, 'result.csv');
    await run('--in', file, '--out', target);
    const [head, first, second, third] = (await readFile(target, 'utf8')).split('\n');
    expect(head).toBe('LineId,ClusterId,Template');
    expect(first).toMatch(/^1,[0-9a-f]{16},"pump <\*> said <\*>, then left"$/);
    expect(second).toMatch(/^2,[0-9a-f]{16},all is well$/);
    expect(third?.slice(2)).toBe(first?.slice(2));
  });

  it('mirrors a folder: a folder with input.csv has one result, any other file its own', async () => {
    await put('data/Shop/input.csv', CSV);
    await put('data/Shop/raw.log', LOG);
    await put('data/deep/er/till.log', LOG);
    await run('--in', path.join(folder, 'data'), '--out', path.join(folder, 'out'));
    expect((await readFile(path.join(folder, 'out/Shop.csv'), 'utf8')).split('\n')).toHaveLength(5);
    expect((await readFile(path.join(folder, 'out/deep/er/till.csv'), 'utf8')).split('\n')).toHaveLength(6);
  });

  it('prints JSON with wildcards and the algorithm', async () => {
    const { out } = await run(await put('shop.log', LOG), '--json');
    const result = JSON.parse(out) as {
      algorithm: string;
      patterns: { labels: string[]; wildcards: unknown[] }[];
    };
    expect(result.algorithm).toMatch(/^typed-skeletons \d/);
    expect(result.patterns[0]?.wildcards).toMatchObject([
      { kind: 'num', range: [17, 19] },
      { kind: 'duration' },
    ]);
    expect(result.patterns[1]?.labels).toEqual(['connection-refused']);
  });

  it('says what it cannot read, reads the rest and fails', async () => {
    await put('mixed/a.bin', '\0\0\0\u0001binary\0');
    await put('mixed/b.log', LOG);
    const { out, err } = await run(path.join(folder, 'mixed'));
    expect(err).toContain('a.bin looks binary');
    expect(out).toContain('4 messages');
    expect(process.exitCode).toBe(1);
  });

  it('tells of wrong usage', async () => {
    await expect(run()).rejects.toThrow('name a log file or folder');
    await expect(run(path.join(folder, 'none'))).rejects.toThrow('cannot be read: there is no such file');
  });

  it('has something to say of an empty file', async () => {
    expect((await run(await put('empty.log', ''))).out).toBe('0 messages, 0 patterns\n');
  });
});
