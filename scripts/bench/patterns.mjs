// Log patterns: grouping on loghub samples, and lines per CPU second beside drain3.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { printTable } from './print-table.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** GA and FGA, means over the same 8 systems, original labels; from the README of the data. */
const PUBLISHED = [
  ['drain3 0.9.11, default (one configuration)', 0.762, 0.738],
  ['drain3 0.9.11, its example masks (one configuration)', 0.82, 0.841],
  ['Brain, one configuration', 0.82, 0.904],
  ['Drain, tuned per system', 0.878, 0.718],
  ['Brain, tuned per system', 0.986, 0.952],
  ['LogBatcher (language model), its own labels', 0.983],
];
const PUBLISHED_FULL = [
  ['drain3 0.9.11, its example masks', 0.959, 0.843],
  ['AEL', 0.916, 0.806],
  ['LILAC (language model)', 0.971, 0.931],
];
const MUST = ['must', 0.9, 0.91];
const AIM = ['aim', 0.987, 0.955];
const STREAM_LINES = 1_000_000;

export async function benchPatterns({ dataFolder, distFolder }) {
  const logs = path.join(dataFolder, 'logs');
  const work = mkdtempSync(path.join(tmpdir(), 'opspilot-bench-'));
  try {
    const contents = readContents(logs, distFolder);
    benchGrouping(logs, work, contents, distFolder);
    benchThroughput(work, contents, distFolder);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function readContents(logs, distFolder) {
  const { parseCsv } = require(path.join(distFolder, 'apps/cli/src/analyze/read-csv.js'));
  const data = path.join(logs, 'data');
  return readdirSync(data).map((system) => ({
    system,
    lines: parseCsv(readFileSync(path.join(data, system, 'input.csv'), 'utf8')).map((row) => row.Content),
  }));
}

function benchGrouping(logs, work, contents, distFolder) {
  const { TemplateMiner } = require(path.join(distFolder, 'libs/analysis/src/mine-templates.js'));
  for (const { system, lines } of contents) {
    const miner = new TemplateMiner();
    const ids = lines.map((line) => miner.note(line)).map((id) => miner.resolve(id));
    const texts = new Map(miner.templates().map(({ id, text }) => [id, text.replaceAll('"', '""')]));
    const rows = ids.map((id, index) => `${index + 1},${id},"${texts.get(id)}"`);
    writeFileSync(path.join(work, `${system}.csv`), `LineId,ClusterId,Template\n${rows.join('\n')}\n`);
  }
  const scored = score(
    logs,
    work,
    contents.map(({ system }) => system).filter((system) => !system.endsWith('_full')),
  );
  const columns = ['GA', 'FGA', 'PA', 'FTA'];
  const toRow = ([name, row]) => [name, ...columns.map((column) => row[column])];
  const { _mean: mean, ...systems } = scored;
  printTable(
    'Grouping of log messages, original labels, one configuration, assignment after the last line',
    ['', ...columns],
    [...Object.entries(systems).map(toRow), toRow(['mean', mean]), ['', '', ''], ...PUBLISHED, MUST, AIM],
  );
  const full = contents.map(({ system }) => system).filter((system) => system.endsWith('_full'));
  if (full.length === 0) return;
  const whole = score(logs, work, full);
  delete whole._mean;
  printTable(
    'The whole file',
    ['', ...columns],
    [...Object.entries(whole).map(toRow), ['', ''], ...PUBLISHED_FULL, ['aim', 0.972, 0.932]],
  );
}

function score(logs, work, systems) {
  const out = path.join(work, 'scores.json');
  const args = ['score_grouping.py', '--pred', work, '--systems', systems.join(','), '--json', out];
  execFileSync('python3', args, { cwd: logs, stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(readFileSync(out, 'utf8'));
}

function benchThroughput(work, contents, distFolder) {
  const file = path.join(work, 'stream.txt');
  writeFileSync(file, stream(contents.flatMap(({ lines }) => lines)).join('\n'));
  const ours = JSON.parse(
    execFileSync(process.execPath, [path.join(here, 'mine-lines.mjs'), distFolder, file], {
      encoding: 'utf8',
    }),
  );
  const python = process.env.OPSPILOT_BENCH_PYTHON ?? 'python3';
  const drain = spawnSync(python, [path.join(here, 'drain3_lines.py'), file], { encoding: 'utf8' });
  const peers =
    drain.status === 0
      ? drain.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  const masked = peers.filter((peer) => peer.name.includes('mask'));
  printTable(
    `Fingerprints of ${STREAM_LINES} lines (the same as below), one core, must 500000`,
    ['', 'messages per CPU second', 'different ones'],
    [['opspilot', ours.fingerprintsPerCpuSecond, ours.fingerprints]],
  );
  printTable(
    `Mining ${STREAM_LINES} lines (the files above over and over, other digits each time), masks included, one core`,
    ['', 'lines per CPU second', 'patterns', 'peak memory in MB'],
    [ours, ...peers].map((row) => [row.name, row.linesPerCpuSecond, row.patterns, row.peakMb]),
  );
  if (peers.length === 0)
    console.log('drain3 is missing: OPSPILOT_BENCH_PYTHON names a python with drain3==0.9.11');
  for (const peer of masked)
    console.log(
      `${(ours.linesPerCpuSecond / peer.linesPerCpuSecond).toFixed(1)} times ${peer.name} (must 4, aim 10)`,
    );
}

/** Each line as often as it takes, with other digits each time, so that no line comes twice. */
function stream(lines) {
  let seed = 17;
  const digit = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return String((seed >>> 16) % 10);
  };
  return Array.from({ length: STREAM_LINES }, (_, index) => {
    const line = (lines[index % lines.length] ?? '').replaceAll('\n', ' ');
    return index < lines.length ? line : line.replace(/\d{2,}/g, (digits) => digits.replace(/\d/g, digit));
  });
}
