// Logs from HTTP request to searchable: in production mode and in embedded mode, each beside OpenSearch's own ceiling.
import { runBarePipeline } from './bare-pipeline.mjs';
import { FIGURES, plainRow, toRow } from './figures.mjs';
import { ask, createProject, startEmbedded, startRole } from './opspilot-processes.mjs';
import { prepareLoad } from './drive-load.mjs';
import { peakMemoryMb, watchCpu } from './processes.mjs';
import { askDatabase } from './raw-postgres.mjs';
import { makeRecords } from './corpus.mjs';
import { plainDocuments } from './raw-opensearch.mjs';
import { median } from './statistics.mjs';
import { untilCounted } from './until-counted.mjs';

export const SPAN_MS = 30 * 60_000;
const BATCH = 1000;
const CONNECTIONS = 4;
/** So many times the records of a round take a minute or more. */
const BESIDE_ANALYSIS = 5;
/** What a record passes on its way, but for the store. The API only tells that it has arrived. */
const PIPELINE = ['ingest', 'rabbitmq', 'ingest-worker', 'postgres'];
/**
 * By itself OpenSearch lets a refresh wait ten seconds for a merge: whether one comes at the end of a round makes its plain ceiling one
 * of two. Without it is the higher one, always.
 */
const PROMPT = { merge_on_flush: { max_full_flush_merge_wait_time: '100ms' } };
/** More than this, and a round is marked as disturbed. */
const FOREIGN_LIMIT = 0.15;

/** Sends so many records and waits until a search counts all of them: {seconds, load, cpu, foreign}. */
export async function sendUntilSearchable(
  access,
  { count, seed, batch = BATCH, connections = CONNECTIONS, groups = {} },
) {
  const corpus = { count, seed, batch, fromMs: Date.now() - SPAN_MS, spanMs: SPAN_MS };
  const load = await prepareLoad({
    url: new URL('/api/ingest/logs', access.ingestUrl ?? access.url).href,
    apiKey: access.apiKey,
    connections,
    corpus,
  });
  try {
    const before = await countLogs(access);
    const watch = watchCpu(groups);
    const startedAt = performance.now();
    const sending = load.run();
    const counted = untilCounted(
      'records that can be searched',
      count,
      async () => (await countIfAnswered(access)) - before,
    );
    const [sent, searchableAt] = await Promise.all([sending, counted]);
    return { seconds: (searchableAt - startedAt) / 1000, load: sent, ...watch.stop() };
  } finally {
    load.end();
  }
}

export async function countLogs(access) {
  return (await ask(access, '/api/logs/query?limit=0&start_time=now-6h&end_time=now')).total;
}

/** An index is there a moment before its first shard: until then it cannot be searched. */
async function countIfAnswered(access) {
  try {
    return await countLogs(access);
  } catch (error) {
    if (error.isUnavailable) return 0;
    throw error;
  }
}

/**
 * The roles of production mode through which records go in and out, with a project of their own:
 * {url, ingestUrl, workerUrl, apiKey, projectId, pids, stop}.
 */
export async function startProduction(engines) {
  const { api_key: apiKey, project_id: projectId } = await createProject(engines.environment);
  const roles = {};
  const stop = () => Promise.all(Object.values(roles).map((role) => role.stop()));
  try {
    for (const name of ['ingest', 'ingest-worker', 'api'])
      roles[name] = await startRole(name, engines.environment);
  } catch (error) {
    await stop();
    throw error;
  }
  const pids = Object.fromEntries(Object.entries(roles).map(([name, { pid }]) => [name, [pid]]));
  const urls = { url: roles.api.url, ingestUrl: roles.ingest.url, workerUrl: roles['ingest-worker'].url };
  return { ...urls, apiKey, projectId, pids, stop };
}

/** Rounds of OpsPilot and of the raw engine, one after the other, so that a change of the machine meets both. */
export async function measureProduction(context) {
  const { engines, opensearch, sizes, report } = context;
  const access = await startProduction(engines);
  try {
    const groups = { ...access.pids, ...engines.pids };
    const count = sizes.logs;
    report.say(`making the raw engine's documents of ${count} records`);
    await sendUntilSearchable(access, { count, seed: 0 });
    const raw = await prepareRaw(
      context,
      await opensearch.readDocuments(`${engines.name}-day-*`, access.projectId, count),
      true,
    );
    const rounds = await measureRounds(context, 'production mode', async (round) => ({
      own: await sendUntilSearchable(access, { count, seed: round, groups }),
      ...(await raw.run(round)),
      bare: await runBare(context, round),
    }));
    reportProduction(context, rounds, count);
    await reportSizes(context, access);
    await measureBesideAnalysis(context, access, groups);
  } finally {
    await access.stop();
  }
}

/**
 * What the workflow worker reads costs OpenSearch some seconds in each minute, and more in every fifth. A round takes about a minute: all rounds would
 * have met it on the same side. So it is left out of them, and has a minute of load of its own.
 */
async function measureBesideAnalysis({ engines, sizes, report }, access, groups) {
  const worker = await startRole('workflow-worker', engines.environment);
  try {
    report.say('production mode, a minute with the workflow worker');
    const count = BESIDE_ANALYSIS * sizes.logs;
    const seed = sizes.warmUpRounds + sizes.rounds + 1;
    const all = { ...groups, 'workflow-worker': [worker.pid] };
    const { seconds, cpu, foreign } = await sendUntilSearchable(access, { count, seed, groups: all });
    noteForeign(report, 'production mode with the workflow worker', foreign);
    const path = 'logs, production mode, the workflow worker beside';
    report.add(plainRow(path, 'records/s', count / seconds));
    for (const name of ['workflow-worker', 'temporal', 'opensearch'])
      report.add(plainRow(path, `CPU s per million records: ${name}`, (cpu[name] / count) * 1e6));
    const memory = peakMemoryMb(worker.pid);
    report.add(plainRow('memory of workflow-worker, at its usual work', 'peak memory, MB', memory));
  } finally {
    await worker.stop();
  }
}

/** What the rounds gave that count; those that warm up go before them. */
async function measureRounds({ sizes, report }, mode, measure) {
  const rounds = [];
  for (let round = 1; round <= sizes.warmUpRounds + sizes.rounds; round++) {
    const counted = round - sizes.warmUpRounds;
    const name =
      counted > 0
        ? `round ${counted} of ${sizes.rounds}`
        : `warming up, round ${round} of ${sizes.warmUpRounds}`;
    report.say(`${mode}, ${name}`);
    const measured = await measure(round);
    if (counted <= 0) continue;
    noteForeign(report, `${mode}, round ${counted}`, measured.own.foreign);
    rounds.push(measured);
  }
  return rounds;
}

function runBare(context, round) {
  const corpus = {
    count: context.sizes.logs,
    seed: 1,
    batch: BATCH,
    fromMs: Date.now() - SPAN_MS,
    spanMs: SPAN_MS,
  };
  return runBarePipeline(context, { corpus, connections: CONNECTIONS, round });
}

/**
 * The raw engine with ready bodies: 5,000 documents each into the plain mapping, as somebody would begin and with prompt refreshes, and
 * with `likeOurs` also 1,000 each into a mapping and under ids like those of OpsPilot's own indices.
 */
async function prepareRaw({ engines, opensearch }, documents, likeOurs) {
  const count = documents.length;
  const ours = likeOurs
    ? {
        bodies: opensearch.bulkBodies(documents, BATCH, true),
        definition: await opensearch.settingsLike(engines.name),
      }
    : undefined;
  const plain = {
    bodies: opensearch.bulkBodies(plainDocuments(documents), 5000, false),
    definition: opensearch.plainSettings(),
  };
  const fill = async (index, { definition, bodies }) => {
    const watch = watchCpu({ opensearch: engines.pids.opensearch });
    const seconds = await opensearch.fill(index, definition, bodies, count);
    const { cpu } = watch.stop();
    await opensearch.remove(index);
    return { seconds, cpu: cpu.opensearch };
  };
  return {
    async run(round) {
      const index = `${engines.name}-raw-${round}`;
      return {
        ...(ours !== undefined && { same: await fill(`${index}-same`, ours) }),
        plain: await fill(`${index}-plain`, plain),
        prompt: await fill(`${index}-prompt`, { ...plain, definition: opensearch.plainSettings(PROMPT) }),
      };
    },
  };
}

/** The records as a client has them, with what every store adds, for runs in which OpsPilot has stored none. */
function documentsOfCorpus(count) {
  const fromMs = Date.now() - SPAN_MS;
  return Array.from(
    makeRecords({ count, seed: 1, fromMs, spanMs: SPAN_MS }),
    ({ service, ...record }, index) => ({
      id: String(index),
      source: {
        project_id: '11111111-1111-4111-8111-111111111111',
        received_at: new Date(fromMs + SPAN_MS).toISOString(),
        service_name: service,
        fingerprint: 'c7c98f5f517f9dcb',
        source: 'api',
        ...record,
      },
    }),
  );
}

function reportProduction({ report }, rounds, count) {
  const rate = (seconds) => median(rounds.map((round) => count / seconds(round)));
  const own = rate((round) => round.own.seconds);
  report.add(toRow(FIGURES.production, { value: own, reference: rate((round) => round.same.seconds) }));
  report.add(toRow(FIGURES.productionPlain, { value: own, reference: rate((round) => round.plain.seconds) }));
  report.add(
    besidePrompt(
      'logs, production mode',
      own,
      rate((round) => round.prompt.seconds),
    ),
  );
  const perMillion = (pick) => median(rounds.map(({ own: { cpu } }) => (pick(cpu) / count) * 1e6));
  const ownCpu = perMillion((cpu) => PIPELINE.reduce((sum, name) => sum + cpu[name], 0));
  const bareCpu = median(
    rounds.map(({ bare }) => (Object.values(bare.cpu).reduce((sum, seconds) => sum + seconds) / count) * 1e6),
  );
  report.add(toRow(FIGURES.productionCpu, { value: ownCpu }));
  report.add(toRow(FIGURES.productionCpuRatio, { value: ownCpu, reference: bareCpu }));
  for (const name of Object.keys(rounds[0].own.cpu))
    report.add(
      plainRow(
        'logs, production mode',
        `CPU s per million records: ${name}`,
        perMillion((cpu) => cpu[name]),
      ),
    );
  for (const [name, pick] of [
    ['1,000, same mapping', ({ same }) => same.cpu],
    ['5,000, plain mapping', ({ plain }) => plain.cpu],
  ])
    report.add(
      plainRow(
        `raw _bulk of ${name}`,
        'CPU s per million records: opensearch',
        median(rounds.map((round) => (pick(round) / count) * 1e6)),
      ),
    );
  for (const which of ['p50Ms', 'p99Ms'])
    report.add(
      plainRow(
        'logs, production mode, batches of 1,000 × 4 connections',
        `${which.slice(0, 3)} of the answer, ms`,
        median(rounds.map(({ own: { load } }) => load[which])),
      ),
    );
}

function besidePrompt(path, value, reference) {
  return plainRow(
    path,
    'records/s ÷ raw _bulk of 5,000, plain, refreshes wait for no merge',
    value,
    reference,
  );
}

async function reportSizes({ engines, opensearch, report }, access) {
  for (const role of ['ingest', 'ingest-worker'])
    report.add(
      toRow(FIGURES.memory, {
        path: `memory of ${role} at full load`,
        value: peakMemoryMb(access.pids[role][0]),
      }),
    );
  const apiMemory = peakMemoryMb(access.pids.api[0]);
  report.add(plainRow('memory of api, asked for counts', 'peak memory, MB', apiMemory));
  const { bytes, documents } = await opensearch.size(`${engines.name}-day-*`);
  report.add(plainRow('logs, production mode', 'bytes on disk per record', bytes / documents));
}

/** Rounds of `npm start`'s one process and of the raw engine. */
export async function measureEmbedded(context) {
  const { sizes } = context;
  const count = sizes.logs;
  const raw = await prepareRaw(context, documentsOfCorpus(count), false);
  const access = await startEmbedded();
  try {
    const groups = { all: [access.pid], postgres: [access.pids.postgres] };
    const rounds = await measureRounds(context, 'embedded mode', async (round) => ({
      own: await sendUntilSearchable(access, { count, seed: round, groups }),
      ...(await raw.run(`embedded-${round}`)),
    }));
    await reportEmbedded(context, access, rounds);
  } finally {
    await access.stop();
  }
}

async function reportEmbedded({ sizes, report }, access, rounds) {
  const path = 'logs, embedded mode';
  const rate = (seconds) => median(rounds.map((round) => sizes.logs / seconds(round)));
  const own = rate((round) => round.own.seconds);
  report.add(toRow(FIGURES.embedded, { value: own, reference: rate((round) => round.plain.seconds) }));
  report.add(
    besidePrompt(
      path,
      own,
      rate((round) => round.prompt.seconds),
    ),
  );
  const perMillion = (pick) => median(rounds.map((round) => (pick(round) / sizes.logs) * 1e6));
  for (const [name, pick] of [
    ['all processes', ({ own }) => own.cpu.all],
    ['PostgreSQL', ({ own }) => own.cpu.postgres],
    ['OpenSearch alone, raw _bulk of 5,000, for comparison', ({ plain }) => plain.cpu],
  ])
    report.add(plainRow(path, `CPU s per million records: ${name}`, perMillion(pick)));
  report.add(plainRow(path, 'p99 of the answer, ms', median(rounds.map(({ own }) => own.load.p99Ms))));
  report.add(plainRow(path, 'peak memory of the process, MB', peakMemoryMb(access.pid)));
  const [{ bytes }] = await askDatabase(
    access.databaseUrl,
    `SELECT sum(pg_total_relation_size(inhrelid))::float8 AS bytes FROM pg_inherits
     WHERE inhparent = 'log_records'::regclass`,
  );
  report.add(plainRow(path, 'bytes on disk per record, with indexes', bytes / (await countLogs(access))));
}

export function noteForeign(report, what, share) {
  if (share > FOREIGN_LIMIT) report.note(`${what}: others took ${Math.round(share * 100)} % of the machine`);
}
