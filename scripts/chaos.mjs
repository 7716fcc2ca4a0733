// Kills -9 and restarts every part of production mode under load, in an order that a seed gives, and counts what was lost.
// The folder keeps the logs of a run that failed; of one that passed nothing stays.
// npm run chaos [-- --kills 200] [-- --seed 1] [-- --json FILE] [-- --folder DIR]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { printTable } from './bench/print-table.mjs';
import { EngineControl } from './chaos/engine-control.mjs';
import { promisesOf } from './chaos/promises.mjs';
import { runChaos } from './chaos/run-chaos.mjs';
import { Reporter } from './engines/reporter.mjs';
import { build } from './build.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    folder: { type: 'string', default: os.tmpdir() },
  },
});
const kills = wholeNumber('kills');
const seed = wholeNumber('seed');
mkdirSync(values.folder, { recursive: true });
const folder = mkdtempSync(path.join(values.folder, 'opspilot-chaos-'));
const say = (text) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);

await build();
const engines = new EngineControl(path.join(folder, 'engines'));
let isKept = true;
try {
  await engines.startAll(new Reporter(process.stdout));
  const counted = await runChaos({ engines, kills, seed, folder, say });
  const promises = promisesOf(counted);
  const passed = promises.filter(([, violations]) => violations === 0).length;
  printTable(`chaos: ${kills} kills, seed ${seed}`, ['promise', 'violations', 'of'], promises);
  printTable('recovery', ['killed', 'times', 'slowest, s'], slowest(counted.recoveries));
  console.log(
    `\n${counted.retries} requests repeated; longest wait for a 202: ${counted.longestOutageSeconds} s`,
  );
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ kills, seed, promises, ...counted }, undefined, 2)}\n`);
  isKept = passed < promises.length;
  if (isKept) console.log(`logs of all parts: ${folder}`);
  console.log(`${passed} passed, ${promises.length - passed} failed, 0 skipped`);
} finally {
  await engines.stopAll();
  if (!isKept) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isKept ? 1 : 0;

function wholeNumber(name) {
  if (/^\d{1,6}$/.test(values[name])) return Number(values[name]);
  throw new Error(`--${name} must be a whole number`);
}

function slowest(recoveries) {
  const names = [...new Set(recoveries.map(({ name }) => name))];
  return names.map((name) => {
    const times = recoveries.filter((each) => each.name === name).map((each) => each.seconds);
    return [name, times.length, Math.max(...times)];
  });
}
