// `npm run bench`: how close OpsPilot comes to what its engines can take, measured on this machine in one run.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode, root } from './ensure-installed.mjs';

const USAGE = `npm run bench [-- --json FILE] [--part a,b] [--quick] [--long]

  --json   writes the rows to this file: [{path, measure, value, reference, ratio, must, aim}]
  --part   some of production, accept, samples, embedded, queries; default all
  --quick  small and one round each: shows that it works, measures nothing
  --long   of production and embedded also ten minutes of full load, and ten million records (an hour or two)

It runs on the engines that OPSPILOT_TEST_RABBITMQ_URL, OPSPILOT_TEST_OPENSEARCH_URL, OPSPILOT_TEST_DATABASE_URL and
OPSPILOT_TEST_TEMPORAL_ADDRESS name, else on those of npm run engines, which it starts and ends.`;

const PARTS = ['production', 'accept', 'samples', 'embedded', 'queries'];
const FULL = {
  rounds: 5,
  // Where OpenSearch stores: its compiler, and Node's, are at work for the first million records after a start.
  warmUpRounds: 3,
  logs: 300_000,
  acceptBatches: 500_000,
  acceptSingles: 100_000,
  samples: 1_000_000,
  queries: 1_000_000,
  // What was just written is vacuumed by PostgreSQL and merged by OpenSearch: for half a minute each takes a core from the searches.
  settleMs: 60_000,
  warmUpMs: 20_000,
  small: 1_000_000,
  large: 10_000_000,
};
const QUICK = {
  ...FULL,
  rounds: 1,
  warmUpRounds: 1,
  logs: 10_000,
  acceptBatches: 10_000,
  acceptSingles: 1000,
  samples: 20_000,
  queries: 10_000,
  settleMs: 0,
  warmUpMs: 500,
};

function readArguments() {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      part: { type: 'string' },
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const parts = values.part?.split(',') ?? PARTS;
  const unknown = parts.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}\n\n${USAGE}`);
  // npm runs scripts in the root of the clone, whatever folder they are called from.
  const json = values.json === undefined ? undefined : path.resolve(process.env.INIT_CWD ?? '.', values.json);
  return { ...values, parts, json };
}

async function measure({ parts, quick, long }) {
  const { printTable } = await import('./bench/print-table.mjs');
  const { TABLE_HEAD, toCells } = await import('./bench/figures.mjs');
  const { stopEverything } = await import('./bench/opspilot-processes.mjs');
  const { RawOpenSearch } = await import('./bench/raw-opensearch.mjs');
  const { takeEngines } = await import('./bench/take-engines.mjs');
  const { measureEmbedded, measureProduction } = await import('./bench/measure-logs.mjs');
  const { measureAccept } = await import('./bench/measure-accept.mjs');
  const { measureSamples } = await import('./bench/measure-samples.mjs');
  const { measureQueries } = await import('./bench/measure-queries.mjs');
  const { measureLongEmbedded, measureLongProduction } = await import('./bench/measure-long.mjs');
  const steps = {
    production: measureProduction,
    accept: measureAccept,
    samples: measureSamples,
    embedded: measureEmbedded,
    queries: measureQueries,
  };
  const longSteps = { production: measureLongProduction, embedded: measureLongEmbedded };

  const rows = [];
  const notes = [];
  const report = {
    say: (text) => process.stderr.write(`· ${text}\n`),
    note: (text) => notes.push(text),
    add: (row) => rows.push(row),
  };
  const engines = await takeEngines();
  const interrupted = new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.once(signal, () => reject(new Error(`broken off by ${signal}; what it made is removed`)));
  });
  const opensearch = new RawOpenSearch(engines.opensearchUrl, Math.max(2, os.availableParallelism()));
  try {
    const sizes = quick ? QUICK : FULL;
    const context = { engines, opensearch, sizes, report };
    const chosen = PARTS.filter((name) => parts.includes(name));
    const also = long ? chosen.filter((name) => name in longSteps) : [];
    for (const step of [...chosen.map((name) => steps[name]), ...also.map((name) => longSteps[name])])
      await unlessInterrupted(step(context), interrupted);
  } finally {
    await stopEverything();
    opensearch.close();
    await engines.remove();
  }
  printTable(
    `OpsPilot on ${os.availableParallelism()} cores, Node ${process.versions.node}`,
    TABLE_HEAD,
    toCells(rows),
  );
  for (const note of notes) console.log(`! ${note}`);
  return rows;
}

/** What goes wrong after an interruption is part of it. */
function unlessInterrupted(measurement, interrupted) {
  measurement.catch(() => undefined);
  interrupted.catch(() => undefined);
  return Promise.race([measurement, interrupted]);
}

try {
  requireNode();
  const options = readArguments();
  if (options.help) console.log(USAGE);
  else {
    execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const rows = await measure(options);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  // Not by exitCode: a measurement that was broken off may still wait for answers.
  process.exit(1);
}
