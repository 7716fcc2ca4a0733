// Kills -9 and restarts every part of production mode under load, in an order that a seed gives, and counts what was lost.
// The folder keeps the logs of a run that failed; of one that passed nothing stays.
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

const USAGE = `npm run chaos [-- --kills 200] [-- --seed 1] [-- --json FILE] [-- --folder DIR]

  --kills   how many parts are killed, one after the other; default 200 (half an hour to two hours)
  --seed    of the order; default 1
  --json    writes what was counted to this file
  --folder  where engines and logs of the run lie; default that for temporary files`;

async function run({ kills, seed, json, folder: parent }) {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, 'opspilot-chaos-'));
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
    if (json !== undefined)
      writeFileSync(json, `${JSON.stringify({ kills, seed, promises, ...counted }, undefined, 2)}\n`);
    isKept = passed < promises.length;
    if (isKept) console.log(`logs of all parts: ${folder}`);
    console.log(`${passed} passed, ${promises.length - passed} failed, 0 skipped`);
  } finally {
    await engines.stopAll();
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = isKept ? 1 : 0;
}

/** Undefined where only the usage is asked for. Errors: what is wrong with the arguments, in words. */
function readArguments() {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      folder: { type: 'string', default: os.tmpdir() },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return { ...values, kills: wholeNumber('kills', values.kills), seed: wholeNumber('seed', values.seed) };
}

function wholeNumber(name, text) {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number of at most six digits\n\n${USAGE}`);
}

function slowest(recoveries) {
  const names = [...new Set(recoveries.map(({ name }) => name))];
  return names.map((name) => {
    const times = recoveries.filter((each) => each.name === name).map((each) => each.seconds);
    return [name, times.length, Math.max(...times)];
  });
}

let options;
try {
  options = readArguments();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
if (options === undefined) console.log(USAGE);
else await run(options);
