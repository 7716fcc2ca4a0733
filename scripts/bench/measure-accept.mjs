// The accept path alone: HTTP request to receipt, with nobody taking from the queue.
import { existsSync } from 'node:fs';
import os from 'node:os';
import { connect } from 'amqplib';
import { bareQueue, startBareAccept } from './bare-pipeline.mjs';
import { prepareLoad } from './drive-load.mjs';
import { FIGURES, plainRow, toRow } from './figures.mjs';
import { noteForeign, SPAN_MS } from './measure-logs.mjs';
import { createProject, startRole } from './opspilot-processes.mjs';
import { peakMemoryMb, watchCpu } from './processes.mjs';
import { median } from './statistics.mjs';
import { queueNames } from './take-engines.mjs';

const CAN_PIN = os.availableParallelism() > 1 && existsSync('/usr/bin/taskset');

export async function measureAccept(context) {
  const { api_key: apiKey } = await createProject(context.engines.environment);
  await measureBatches(context, apiKey);
  await measureSingles(context, apiKey);
}

/** Batches of 1,000 on the first core; the generator, the broker and the rest have the others. */
async function measureBatches({ engines, sizes, report }, apiKey) {
  const role = await startRole('ingest', engines.environment, CAN_PIN ? '0' : undefined);
  try {
    if (!CAN_PIN) report.note('accept path in batches: not held to one core, for there is no taskset');
    const rounds = await repeat(sizes, async (round) => {
      report.say(`accept path in batches, round ${round}`);
      const groups = { ingest: [role.pid], ...engines.pids };
      const measured = await send({
        url: role.url,
        apiKey,
        batch: 1000,
        connections: 4,
        count: sizes.acceptBatches,
        groups,
        seed: round,
      });
      noteForeign(report, `accept path in batches, round ${round}`, measured.foreign);
      await purge(engines);
      return measured;
    });
    report.add(toRow(FIGURES.acceptBatches, { value: median(rounds.map(({ rate }) => rate)) }));
    const perMillion = median(rounds.map(({ cpu }) => (cpu.ingest / sizes.acceptBatches) * 1e6));
    report.add(plainRow(FIGURES.acceptBatches.path, 'CPU s per million records: ingest', perMillion));
    addLatencies(report, FIGURES.acceptBatches.path, rounds);
    report.add(plainRow(FIGURES.acceptBatches.path, 'peak memory of ingest, MB', peakMemoryMb(role.pid)));
  } finally {
    await role.stop();
  }
}

/** One record a request, beside the least that could take it. */
async function measureSingles({ engines, sizes, report }, apiKey) {
  const role = await startRole('ingest', engines.environment);
  const bare = await startBareAccept(engines);
  try {
    const target = {
      apiKey,
      batch: 1,
      connections: 64,
      count: sizes.acceptSingles,
      groups: { ingest: [role.pid], ...engines.pids },
    };
    const rounds = await repeat(sizes, async (round) => {
      report.say(`accept path, one record a request, round ${round}`);
      const own = await send({ ...target, url: role.url, seed: round });
      await purge(engines);
      const reference = await send({ ...target, url: bare.url, seed: round });
      await purge(engines);
      noteForeign(
        report,
        `accept path, one record a request, round ${round}`,
        Math.max(own.foreign, reference.foreign),
      );
      return { ...own, reference: reference.rate };
    });
    report.add(
      toRow(FIGURES.acceptSingles, {
        value: median(rounds.map(({ rate }) => rate)),
        reference: median(rounds.map(({ reference }) => reference)),
      }),
    );
    addLatencies(report, FIGURES.acceptSingles.path, rounds);
  } finally {
    await bare.stop();
    await role.stop();
  }
}

/** All rounds but the first, which warms up. */
async function repeat({ rounds }, measure) {
  const results = [];
  for (let round = 0; round <= rounds; round++) results.push(await measure(round));
  return results.slice(1);
}

async function send({ url, apiKey, batch, connections, count, groups, seed }) {
  const corpus = { count, seed: 100 + seed, batch, fromMs: Date.now() - SPAN_MS, spanMs: SPAN_MS };
  const load = await prepareLoad({ url: new URL('/api/ingest/logs', url).href, apiKey, connections, corpus });
  try {
    const watch = watchCpu(groups);
    const sent = await load.run();
    return { ...sent, ...watch.stop(), rate: count / sent.seconds };
  } finally {
    load.end();
  }
}

function addLatencies(report, path, rounds) {
  report.add(plainRow(path, 'p50 of the answer, ms', median(rounds.map(({ p50Ms }) => p50Ms))));
  report.add(plainRow(path, 'p99 of the answer, ms', median(rounds.map(({ p99Ms }) => p99Ms))));
}

/** What nobody takes would fill the disk and, in the end, the queue's bound. */
async function purge(engines) {
  const connection = await connect(engines.rabbitmqUrl);
  try {
    const channel = await connection.createChannel();
    for (const name of queueNames(engines.environment.QUEUE_NAME_PREFIX)) await channel.purgeQueue(name);
    await channel.assertQueue(bareQueue(engines), { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.purgeQueue(bareQueue(engines));
  } finally {
    await connection.close();
  }
}
