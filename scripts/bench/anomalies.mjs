// Anomalies in metrics: NAB, TSB-AD-U and the Microsoft cloud series, causal and with one configuration; speed and state size.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { printTable } from './print-table.mjs';

const require = createRequire(import.meta.url);

/** Standard, reward low FP, reward low FN; thresholds picked on the same files. From the README of the data. */
const NAB_PUBLISHED = [
  ['ARTime', 76.4, 66.7, 82.0],
  ['CAD OSE (contextOSE)', 69.7, 66.9, 72.9],
  ['Numenta HTM', 69.2, 62.5, 73.7],
  ['KNN CAD', 57.1, 42.0, 63.9],
  ['earthgecko Skyline', 56.2, 43.5, 62.2],
  ['Random Cut Forest (AWS)', 50.0, 36.5, 58.5],
  ['z-score over all past', 41.5, 28.6, 48.1],
  ['isolation forest, refit', 21.3, 10.8, 33.7],
  ['must', 60],
  ['aim', 77, 68, 83],
];
/** tsb VUS-PR, cloud VUS-PR, cloud micro F1. */
const VUS_PUBLISHED = [
  ['POLY (offline)', 0.369, 0.441, 0.152],
  ['MOMENT, fine-tuned (offline)', 0.361],
  ['Sub-PCA (offline)', 0.182, 0.525, 0.16],
  ['spectral residual (offline)', 0.167, 0.595, 0.208],
  ['isolation forest, 10 lags, refit (causal)', 0.141, 0.612, 0.405],
  ['z-score over all past (causal)', 0.141, 0.462, 0.325],
  ['must', 0.2, 0.6, 0.38],
  ['aim', 0.375, 0.62, 0.42],
];
const METHODS = ['adaptive', 'seasonal-baseline', 'robust-z', 'z-score', 'isolation-forest'];
const SPEED_METHODS = [...METHODS, 'level-shift', 'flat-line'];
/** Fewer for the two that look again at what they have seen. */
const SLOW_METHODS = ['isolation-forest', 'level-shift'];
const SPEED_POINTS = 1_000_000;

export async function benchAnomalies({ dataFolder, distFolder }) {
  const folder = path.join(dataFolder, 'anomaly');
  const library = path.join(distFolder, 'libs/analysis/src/anomalies');
  const { createDetector } = require(path.join(library, 'create-detector.js'));
  const { judgePoints } = require(path.join(library, 'judge-points.js'));
  const { readSeries } = require(path.join(distFolder, 'apps/cli/src/analyze/read-series.js'));
  const work = mkdtempSync(path.join(tmpdir(), 'opspilot-bench-'));
  try {
    const scores = {};
    for (const method of METHODS) {
      for (const set of ['nab', 'tsb', 'cloud'])
        await predict(path.join(folder, set, 'data'), path.join(work, method, set), (points) =>
          judgePoints(points, createDetector(method)),
        );
      scores[method] = score(folder, path.join(work, method));
    }
    printScores(scores);
    benchSpeed(createDetector);
    benchForest(require(path.join(library, 'isolation-forest.js')).IsolationForest);
  } finally {
    rmSync(work, { recursive: true });
  }

  async function predict(from, to, judge) {
    for (const entry of readdirSync(from)) {
      const file = path.join(from, entry);
      if (statSync(file).isDirectory()) {
        await predict(file, path.join(to, entry), judge);
        continue;
      }
      const { timestamps, values, points } = await readSeries(file);
      const rows = judge(points).map(({ score }, index) => `${timestamps[index]},${values[index]},${score}`);
      mkdirSync(to, { recursive: true });
      writeFileSync(path.join(to, entry), `timestamp,value,anomaly_score\n${rows.join('\n')}\n`);
    }
  }
}

function score(folder, predictions) {
  const python = (script, ...rest) => {
    const out = path.join(predictions, 'scores.json');
    const args = [script, ...rest, '--json', out];
    execFileSync('python3', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(readFileSync(out, 'utf8'));
  };
  return {
    nab: python('score_nab.py', '--pred', path.join(predictions, 'nab')).all,
    tsb: python('score_vus.py', '--set', 'tsb', '--pred', path.join(predictions, 'tsb')),
    cloud: python('score_vus.py', '--set', 'cloud', '--pred', path.join(predictions, 'cloud')),
  };
}

function printScores(scores) {
  const profiles = ['standard', 'reward_low_FP', 'reward_low_FN'];
  printTable(
    'Numenta Anomaly Benchmark, causal, one configuration',
    ['', 'standard', 'low FP', 'low FN', 'threshold'],
    [
      ...Object.entries(scores).map(([method, { nab }]) => [
        method,
        ...profiles.map((profile) => nab[profile].score),
        nab.standard.threshold,
      ]),
      [''],
      ...NAB_PUBLISHED,
    ],
  );
  printTable(
    'TSB-AD-U and cloud monitoring, causal, one configuration',
    ['', 'tsb VUS-PR', 'cloud VUS-PR', 'cloud micro F1'],
    [
      ...Object.entries(scores).map(([method, { tsb, cloud }]) => [
        method,
        tsb.mean.VUS_PR,
        cloud.mean.VUS_PR,
        cloud.micro.F1,
      ]),
      [''],
      ...VUS_PUBLISHED,
    ],
  );
}

function benchSpeed(createDetector) {
  const rows = SPEED_METHODS.map((method) => {
    const detector = createDetector(method);
    const startedAt = process.cpuUsage();
    const count = SLOW_METHODS.includes(method) ? SPEED_POINTS / 10 : SPEED_POINTS;
    for (let index = 0; index < count; index += 1)
      detector.observe(
        index * 60_000,
        100 + 40 * Math.sin((6.28 * index) / 1440) + ((index * 7919) % 101) / 10,
      );
    const { user, system } = process.cpuUsage(startedAt);
    const stateBytes = JSON.stringify(detector.state()).length;
    return [method, Math.round((count * 1e6) / (user + system)), stateBytes];
  });
  printTable(
    'Streaming, one core (adaptive must reach 200000)',
    ['', 'points per CPU second', 'state as JSON in bytes'],
    rows,
  );
}

const FOREST_PEER = `
import json, time, numpy as np
from sklearn.ensemble import IsolationForest
x = np.random.default_rng(1).normal(size=(100000, 4)); x[:1000] += 6
f = IsolationForest(n_estimators=100, max_samples=256, n_jobs=1, random_state=1)
c = time.process_time(); f.fit(x); s = f.score_samples(x); c = time.process_time() - c
print(json.dumps([round(c * 1000), float(np.mean(np.argsort(s)[:1000] < 1000))]))`;

function benchForest(IsolationForest) {
  const count = 100_000;
  const columns = 4;
  let seed = 3;
  const uniform = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed + 1) / 4_294_967_297;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const rows = Float64Array.from(
    { length: count * columns },
    (_, index) => normal() + (index < (count * columns) / 100 ? 6 : 0),
  );
  const startedAt = process.cpuUsage();
  const scores = IsolationForest.fit(rows, columns, { seed: 1 }).score(rows);
  const { user, system } = process.cpuUsage(startedAt);
  const first = [...scores.keys()].sort((one, other) => scores[other] - scores[one]).slice(0, count / 100);
  const recall = first.filter((row) => row < count / 100).length / (count / 100);
  const python = process.env.OPSPILOT_BENCH_PYTHON ?? 'python3';
  const peer = spawnSync(python, ['-c', FOREST_PEER], { encoding: 'utf8' });
  const peers = peer.status === 0 ? [['scikit-learn', ...JSON.parse(peer.stdout)]] : [];
  printTable(
    'Isolation forest, fit and score of 100000 rows of 4, one core',
    ['', 'CPU ms', 'recall of the planted 1 %'],
    [['opspilot', Math.round((user + system) / 1000), recall], ...peers],
  );
  if (peers.length === 0)
    console.log('scikit-learn is missing: OPSPILOT_BENCH_PYTHON names a python that has it');
}
