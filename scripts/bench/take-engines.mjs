// The engines that the benchmark runs on: those that variables name, else those of `npm run engines`. What it puts into them
// (a database, queues, indices, a namespace) is its own and removed in the end.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { connect } from 'amqplib';
import pg from 'pg';
import { root } from '../ensure-installed.mjs';
import { bareQueue } from './bare-pipeline.mjs';
import { listenerOf } from './processes.mjs';

const DAY_MS = 86_400_000;

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** {rabbitmq, opensearch, postgres, temporal} as URLs, and `stop`, which ends what this started. */
async function findEngines() {
  const given = {
    rabbitmq: process.env.OPSPILOT_TEST_RABBITMQ_URL,
    opensearch: process.env.OPSPILOT_TEST_OPENSEARCH_URL,
    postgres: process.env.OPSPILOT_TEST_DATABASE_URL,
    temporal: process.env.OPSPILOT_TEST_TEMPORAL_ADDRESS,
  };
  if (Object.values(given).every((url) => url !== undefined))
    return { urls: given, stop: async () => undefined };

  const folder = await mkdtemp(path.join(os.tmpdir(), 'opspilot-bench-engines-'));
  const engines = (...args) =>
    run(process.execPath, [
      path.join(root, 'scripts/engines.mjs'),
      ...args,
      '--folder',
      folder,
      '--only',
      'rabbitmq,opensearch,postgres,temporal',
    ]);
  const stop = async () => {
    await engines('down');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await engines('up');
    const known = JSON.parse(await readFile(path.join(folder, 'engines.json'), 'utf8'));
    const urls = Object.fromEntries(Object.entries(known.engines).map(([name, { url }]) => [name, url]));
    return { urls, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/**
 * A part of each engine for one run. `environment` is for the roles, `pids` are the engines' processes by name (empty where
 * they are not on this machine), `remove` takes away what the run left.
 */
export async function takeEngines() {
  const { urls, stop } = await findEngines();
  const name = `bench-${randomBytes(5).toString('hex')}`;
  const database = name.replace('-', '_');
  await administer(urls.postgres, `CREATE DATABASE ${database}`);
  await askTemporal(urls.temporal, ({ workflowService }) =>
    workflowService.registerNamespace({ namespace: name, workflowExecutionRetentionPeriod: msToTs(DAY_MS) }),
  );
  const databaseUrl = new URL(urls.postgres);
  databaseUrl.pathname = `/${database}`;
  const environment = {
    DATABASE_URL: databaseUrl.toString(),
    QUEUE_URL: urls.rabbitmq,
    QUEUE_NAME_PREFIX: `${name}.`,
    LOG_STORE_URL: urls.opensearch,
    LOG_STORE_INDEX_PREFIX: name,
    TEMPORAL_ADDRESS: urls.temporal,
    TEMPORAL_NAMESPACE: name,
    QUERY_CACHE_MAX_SECONDS: '0',
    QUEUE_MAX_BYTES: String(8 * 2 ** 30),
  };
  return {
    name,
    environment,
    databaseUrl: databaseUrl.toString(),
    opensearchUrl: urls.opensearch,
    rabbitmqUrl: urls.rabbitmq,
    pids: {
      rabbitmq: pidsAt(urls.rabbitmq),
      opensearch: pidsAt(urls.opensearch),
      postgres: pidsAt(urls.postgres),
      temporal: pidsAt(`http://${urls.temporal}`),
    },
    async remove() {
      await removeQueues(urls.rabbitmq, [...queueNames(`${name}.`), bareQueue({ name })]);
      for (const target of [`${name}-*`, `_index_template/${name}`])
        await fetch(new URL(target, urls.opensearch), { method: 'DELETE' });
      await administer(urls.postgres, `DROP DATABASE ${database} WITH (FORCE)`);
      await askTemporal(urls.temporal, ({ operatorService }) =>
        operatorService.deleteNamespace({ namespace: name }),
      );
      await stop();
    },
  };
}

async function administer(url, statement) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function askTemporal(address, ask) {
  const connection = await Connection.connect({ address });
  try {
    return await ask(connection);
  } finally {
    await connection.close();
  }
}

async function removeQueues(url, names) {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    for (const name of names) await channel.deleteQueue(name);
  } finally {
    await connection.close();
  }
}

/** As the code declares them, which is built before anything is measured. */
export function queueNames(prefix) {
  const fromCode = (file) => require(path.join(root, 'dist/libs', file));
  return fromCode('adapters/rabbitmq/src/queue-topology.js').queueNamesOf(prefix);
}

const DEFAULT_PORTS = { 'amqp:': 5672, 'http:': 80, 'postgres:': 5432 };

function pidsAt(url) {
  const { port, protocol } = new URL(url);
  const pid = listenerOf(port === '' ? DEFAULT_PORTS[protocol] : port);
  return pid === undefined ? [] : [pid];
}
