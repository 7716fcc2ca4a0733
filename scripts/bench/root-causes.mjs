// Root causes: the services of each case ranked, on four public sets of injected faults; time per case.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { printTable } from './print-table.mjs';

const require = createRequire(import.meta.url);

/** AC@1, AC@3, AC@5, Avg@5 on the same cases; from the README of the data. */
const PUBLISHED = {
  'nezha-tt': [
    ['Nezha (metrics, logs, traces)', 0.909, 1, 1, 0.973],
    ['drop of log transitions per trace', 0.273, 0.409, 0.545, 0.4],
    ['span self time', 0.091, 0.182, 0.182, 0.145],
    ['BARO (metrics)', 0, 0.136, 0.182, 0.118],
    ['MicroRCA (published, all 45 cases)', 0.2, 0.311, 0.444],
    ['must', 0.75, 0.95],
    ['aim', 0.95, 1],
  ],
  petshop: [
    ['anomaly traversal', 0.692, 0.769],
    ['ranked correlation', 0.577, 0.769, 0.769],
    ['CIRCA', 0.385, 0.923, 0.923],
    ['absolute n-sigma', 0.231, 0.385, 0.769, 0.492],
    ['BARO', 0.154, 0.269, 0.5, 0.323],
    ['must', 0.65, 0.8],
    ['aim', 0.77, 0.96],
  ],
  'nezha-ob': [
    ['absolute n-sigma', 0.345, 0.552, 0.69, 0.524],
    ['n-sigma', 0.31, 0.517, 0.759, 0.552],
    ['BARO', 0.276, 0.552, 0.69, 0.538],
    ['MicroRCA (published, all 56 cases)', 0.161, 0.625, 0.928],
    ['must', 0.38, 0.62],
    ['aim', 0.45, 0.7],
  ],
  sockshop: [
    ['BARO', 0.9, 0.95, undefined, 0.94],
    ['n-sigma (published, all 50 cases)', undefined, undefined, undefined, 0.985],
    ['CausalRCA (published)', undefined, undefined, undefined, 0.84],
    ['must', undefined, undefined, undefined, 0.95],
    ['aim', undefined, undefined, undefined, 0.99],
  ],
};
const MEASURES = ['AC@1', 'AC@3', 'AC@5', 'Avg@5'];

export async function benchRootCauses({ dataFolder, distFolder }) {
  const folder = path.join(dataFolder, 'rca');
  const work = mkdtempSync(path.join(tmpdir(), 'opspilot-bench-'));
  try {
    const { ranked, cpuMs, cases } = await rankAll(folder, distFolder);
    writeFileSync(path.join(work, 'ranking.json'), JSON.stringify(ranked));
    const out = path.join(work, 'scores.json');
    execFileSync('python3', ['score_rca.py', '--pred', path.join(work, 'ranking.json'), '--json', out], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const scores = JSON.parse(readFileSync(out, 'utf8'));
    for (const [set, published] of Object.entries(PUBLISHED)) {
      const { all } = scores[set];
      printTable(
        `Root causes, ${set}: ${all.cases} cases, one method and configuration for all sets`,
        ['', ...MEASURES],
        [['opspilot', ...MEASURES.map((measure) => all[measure])], [''], ...published],
      );
    }
    const peakMb = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
    console.log(
      `\n${Math.round(cpuMs / cases)} CPU ms a case on average, of ${cases}; ${peakMb} MB peak memory of this process`,
    );
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function rankAll(folder, distFolder) {
  const { findCases } = require(path.join(distFolder, 'apps/cli/src/analyze/find-cases.js'));
  const { readCase } = require(path.join(distFolder, 'apps/cli/src/analyze/read-case.js'));
  const { rankRootCauses } = require(path.join(distFolder, 'libs/analysis/src/rank-root-causes.js'));
  const shared = new Map();
  const ranked = {};
  let cpuMs = 0;
  const files = await findCases(folder);
  for (const file of files) {
    const { name, input } = await readCase(file, shared);
    const startedAt = process.cpuUsage();
    ranked[name] = rankRootCauses(input).causes.map(({ serviceName }) => serviceName);
    const { user, system } = process.cpuUsage(startedAt);
    cpuMs += (user + system) / 1000;
  }
  return { ranked, cpuMs, cases: files.length };
}
