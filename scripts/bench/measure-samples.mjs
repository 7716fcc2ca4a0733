// Samples from HTTP request to stored, beside COPY of the same rows.
import { prepareLoad } from './drive-load.mjs';
import { FIGURES, plainRow, toRow } from './figures.mjs';
import { noteForeign, startProduction } from './measure-logs.mjs';
import { until } from './opspilot-processes.mjs';
import { watchCpu } from './processes.mjs';
import { askDatabase, copyAll, copyBodies } from './raw-postgres.mjs';
import { makeSamples } from './sample-corpus.mjs';
import { median } from './statistics.mjs';

const STEP_MS = 1000;
const STORED_EVERY_MS = 50;
const WRITTEN =
  /^opspilot_stored_records_total\{(?=[^}]*queue="metrics\.ingest")(?=[^}]*outcome="written")[^}]*\} (\d+)/m;

export async function measureSamples(context) {
  const { engines, sizes, report } = context;
  const access = await startProduction(engines);
  try {
    const count = sizes.samples;
    const rounds = [];
    // The first round warms up.
    for (let round = 0; round <= sizes.rounds; round++) {
      report.say(`samples, round ${round} of ${sizes.rounds}`);
      // Each round lies in time of its own: the same sample twice is one.
      const corpus = { count, seed: round, fromMs: Date.now() - (round + 1) * 3_600_000, stepMs: STEP_MS };
      const own = await sendUntilStored(access, engines, corpus);
      noteForeign(report, `samples, round ${round}`, own.foreign);
      const copies = copyBodies(makeSamples(corpus), access.projectId, 5000);
      rounds.push({ own, copied: await copyAll(engines.databaseUrl, copies, 2) });
    }
    await checkStored(engines, rounds.length * count);
    rounds.shift();
    report.add(
      toRow(FIGURES.samples, {
        value: median(rounds.map(({ own }) => count / own.seconds)),
        reference: median(rounds.map(({ copied }) => count / copied)),
      }),
    );
    for (const name of ['ingest', 'ingest-worker', 'postgres', 'rabbitmq'])
      report.add(
        plainRow(
          'samples, HTTP to stored',
          `CPU s per million samples: ${name}`,
          median(rounds.map(({ own }) => (own.cpu[name] / count) * 1e6)),
        ),
      );
  } finally {
    await access.stop();
  }
}

async function sendUntilStored(access, engines, corpus) {
  const url = new URL('/api/ingest/metrics', access.ingestUrl).href;
  const load = await prepareLoad({
    url,
    apiKey: access.apiKey,
    connections: 4,
    corpus: { ...corpus, batch: 1000 },
    module: './sample-corpus.mjs',
  });
  try {
    const before = await countStored(access);
    const watch = watchCpu({ ...access.pids, ...engines.pids });
    const startedAt = performance.now();
    const sending = load.run();
    const stored = until(
      `${corpus.count} samples to be stored`,
      async () => ((await countStored(access)) >= before + corpus.count ? performance.now() : undefined),
      STORED_EVERY_MS,
    );
    const [, storedAt] = await Promise.all([sending, stored]);
    return { seconds: (storedAt - startedAt) / 1000, ...watch.stop() };
  } finally {
    load.end();
  }
}

/** As the worker tells it: counting them in the database would take from what is measured. */
async function countStored(access) {
  const text = await fetch(new URL('/metrics', access.workerUrl)).then((response) => response.text());
  return Number(WRITTEN.exec(text)?.[1] ?? 0);
}

/** Errors: when the database has not what the worker has told. */
async function checkStored(engines, expected) {
  const [{ count }] = await askDatabase(engines.databaseUrl, 'SELECT count(*)::int AS count FROM samples');
  if (count !== expected) throw new Error(`${expected} samples were sent, ${count} are stored`);
}
