// The five queries that people ask logs most, over a million records: OpenSearch asked by hand, OpsPilot on OpenSearch, and
// OpsPilot in embedded mode. Also through a process that does nothing but stand between: what the way alone costs.
import { setTimeout as sleep } from 'node:timers/promises';
import { SEARCHED_WORD } from './corpus.mjs';
import { FIGURES, plainRow, toRow } from './figures.mjs';
import { countLogs, sendUntilSearchable, startProduction } from './measure-logs.mjs';
import { ask, startEmbedded } from './opspilot-processes.mjs';
import { plainDocuments, RawOpenSearch } from './raw-opensearch.mjs';
import { startBare } from './start-bare.mjs';
import { median } from './statistics.mjs';

const SERVICE = 'payments';
/** Of each query. */
const TIMES = 101;
const PORTION = 200_000;
/** Of the API. */
const MAX_OFFSET = 10_000;

const TITLES = {
  newest: 'word + service + half the range, newest 50',
  total: 'word, newest 50 with total',
  histogram: 'histogram per minute by level',
  context: '10 before and 10 after in the service',
  trace: 'by trace id',
};

export async function measureQueries(context) {
  const { engines, opensearch, sizes, report } = context;
  const access = await startProduction(engines);
  try {
    await fill(access, sizes.queries, report, 'production mode');
    const documents = await opensearch.readDocuments(
      `${engines.name}-day-*`,
      access.projectId,
      sizes.queries,
    );
    const index = `${engines.name}-raw-queries`;
    const bodies = opensearch.bulkBodies(plainDocuments(documents), 5000, true);
    await opensearch.fill(index, opensearch.plainSettings(), bodies, documents.length);
    // The whole parts of a shifted range are the same: OpenSearch would keep their counts, as nothing is written meanwhile.
    await opensearch.ask('PUT', `/${engines.name}-*/_settings`, { 'index.requests.cache.enable': false });
    await sleep(sizes.settleMs);
    const records = documents.map(({ source }) => source);
    const range = rangeOf(records);
    const hop = await startHop(opensearch);
    const byHand = rawQueries(opensearch, index, records, range);
    const [raw, own, passedOn] = await measureEach(
      [
        byHand,
        ownQueries(access, records, range),
        rawQueries(hop.opensearch, index, records.toReversed(), range),
      ],
      sizes.warmUpMs,
    );
    await hop.stop();
    compare(report, 'queries, production mode', own, raw);
    for (const [name, title] of Object.entries(TITLES))
      report.add(plainRow('queries, passed on and no more', `p50, ms: ${title}`, passedOn[name], raw[name]));
    await measureEmbeddedQueries(context, byHand);
    await opensearch.remove(index);
  } finally {
    await access.stop();
  }
}

async function startHop({ url, connections }) {
  const { firstLine, stop } = await startBare('./bare-hop.mjs', url);
  const opensearch = new RawOpenSearch(firstLine, connections);
  return {
    opensearch,
    async stop() {
      opensearch.close();
      await stop();
    },
  };
}

async function measureEmbeddedQueries({ sizes, report }, byHand) {
  const access = await startEmbedded();
  try {
    await fill(access, sizes.queries, report, 'embedded mode');
    await sleep(sizes.settleMs);
    const offset = Math.min(MAX_OFFSET, sizes.queries / 2);
    const page = await ask(access, `/api/logs/query?limit=1000&offset=${offset}&start_time=now-6h`);
    const oldest = await ask(access, '/api/logs/query?limit=1&order=asc&start_time=now-6h');
    const newest = await ask(access, '/api/logs/query?limit=1&start_time=now-6h');
    const range = rangeOf([...oldest.logs, ...newest.logs]);
    const [own, raw] = await measureEach([ownQueries(access, page.logs, range), byHand], sizes.warmUpMs);
    compare(report, 'queries, embedded mode', own, raw);
  } finally {
    await access.stop();
  }
}

async function fill(access, count, report, where) {
  const missing = count - (await countLogs(access));
  for (let sent = 0; sent < missing; sent += PORTION) {
    report.say(`${where}: filling up to ${count} records`);
    await sendUntilSearchable(access, { count: Math.min(PORTION, missing - sent), seed: 1000 + sent });
  }
}

function rangeOf(records) {
  const times = records.map(({ timestamp }) => Date.parse(timestamp));
  const [fromMs, toMs] = times.reduce(
    ([low, high], time) => [Math.min(low, time), Math.max(high, time)],
    [Infinity, -Infinity],
  );
  const range = (from, to) => ({ start: new Date(from).toISOString(), end: new Date(to).toISOString() });
  return { all: range(fromMs, toMs + 1), half: range(fromMs, (fromMs + toMs) / 2) };
}

let shiftMs = 0;
/**
 * Begins a millisecond later each time, whoever asks, and each time another record is asked for: no answer is one that was given
 * before, from whatever cache.
 */
function shift({ start, end }) {
  return { start: new Date(Date.parse(start) + shiftMs++).toISOString(), end };
}

function ownQueries(access, records, { all, half }) {
  const query = (path, parameters) => ask(access, `${path}?${new URLSearchParams(parameters)}`);
  const within = (range) => {
    const { start, end } = shift(range);
    return { start_time: start, end_time: end };
  };
  const pick = picker(records);
  return {
    newest: () =>
      query('/api/logs/query', { search: SEARCHED_WORD, service_name: SERVICE, limit: 50, ...within(half) }),
    total: () => query('/api/logs/query', { search: SEARCHED_WORD, limit: 50, ...within(all) }),
    histogram: () => query('/api/logs/volume', { time_bucket: '1m', ...within(all) }),
    context: () => query(`/api/logs/${pick().id}/context`, { before: 10, after: 10 }),
    trace: () => query('/api/logs/query', { trace_id: pick().trace_id, limit: 50, ...within(all) }),
  };
}

function rawQueries(opensearch, index, records, { all, half }) {
  const search = (body) => opensearch.ask('POST', `/${index}/_search`, body);
  const project = { term: { project_id: records[0].project_id } };
  const within = (range) => {
    const { start, end } = shift(range);
    return { range: { timestamp: { gte: start, lt: end } } };
  };
  const word = { match: { message: SEARCHED_WORD } };
  const sort = [{ timestamp: 'desc' }];
  const pick = picker(records);
  const neighbours = (record, order, bound) => ({
    size: 10,
    track_total_hits: false,
    query: {
      bool: {
        filter: [
          project,
          { term: { service_name: record.service_name } },
          { range: { timestamp: { [bound]: record.timestamp } } },
        ],
      },
    },
    sort: [{ timestamp: order }],
  });
  return {
    newest: () =>
      search({
        size: 50,
        sort,
        query: { bool: { filter: [project, word, { term: { service_name: SERVICE } }, within(half)] } },
      }),
    total: () =>
      search({
        size: 50,
        sort,
        track_total_hits: true,
        query: { bool: { filter: [project, word, within(all)] } },
      }),
    histogram: () =>
      search({
        size: 0,
        query: { bool: { filter: [project, within(all)] } },
        aggs: {
          minutes: {
            date_histogram: { field: 'timestamp', fixed_interval: '1m' },
            aggs: { levels: { terms: { field: 'level' } } },
          },
        },
      }),
    async context() {
      const { hits } = await search({ size: 1, query: { term: { trace_id: pick().trace_id } } });
      const record = hits.hits[0]._source;
      const searches = [neighbours(record, 'desc', 'lt'), neighbours(record, 'asc', 'gt')];
      const lines = searches.map((body) => `{}\n${JSON.stringify(body)}\n`).join('');
      return opensearch.send('POST', `/${index}/_msearch`, lines, 'application/x-ndjson');
    },
    trace: () =>
      search({
        size: 50,
        sort,
        query: { bool: { filter: [project, { term: { trace_id: pick().trace_id } }, within(all)] } },
      }),
  };
}

function picker(records) {
  let at = 0;
  return () => records[(at += 7919) % records.length];
}

/**
 * Milliseconds in the middle of many, by query, of each side. The sides take turns, so that what warms up or disturbs the
 * engine meets both. First all queries are asked for so long each without being timed: processes that have run for a day have compiled
 * what they need for any of them. Then each is asked as often without being timed as it is timed.
 */
async function measureEach(sides, warmUpMs) {
  const names = Object.keys(TITLES);
  for (const name of names) {
    const warmAt = performance.now() + warmUpMs;
    while (performance.now() < warmAt) for (const queries of sides) await queries[name]();
  }
  const results = sides.map(() => ({}));
  for (const name of names) {
    await timeEach(sides, name);
    const times = await timeEach(sides, name);
    for (const [side, result] of results.entries()) result[name] = median(times[side]);
  }
  return results;
}

async function timeEach(sides, name) {
  const times = sides.map(() => []);
  for (let turn = 0; turn < TIMES; turn++)
    for (const [side, queries] of sides.entries()) {
      const startedAt = performance.now();
      await queries[name]();
      times[side].push(performance.now() - startedAt);
    }
  return times;
}

function compare(report, path, own, raw) {
  for (const [name, title] of Object.entries(TITLES))
    report.add(
      toRow(FIGURES.queries, { path, measure: `p50, ms: ${title}`, value: own[name], reference: raw[name] }),
    );
}
