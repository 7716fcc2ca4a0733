// PostgreSQL of the package that the embedded mode uses, or another one, with TimescaleDB where it has that.
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { builtModule } from './built-module.mjs';
import { asEngineUser, engineEnvironment, giveToEngineUser } from './processes.mjs';
import { runTool } from './run-tool.mjs';

const DATABASE = 'opspilot';

export const postgres = {
  name: 'postgres',
  title: 'PostgreSQL',
  ports: ['sql'],

  async obtain() {
    const binaries = await findBinaries();
    const version = /[\d.]+/.exec(await runTool(binaries.postgres, ['--version']))?.[0] ?? '';
    return { version, ...binaries };
  },

  async prepare({ folder, secret, installation }) {
    const cluster = path.join(folder, 'cluster');
    if (existsSync(path.join(cluster, 'PG_VERSION'))) return;
    const unfinished = `${cluster}.new`;
    await rm(unfinished, { recursive: true, force: true });
    const passwordFile = path.join(folder, 'password');
    await writeFile(passwordFile, secret, { mode: 0o600 });
    giveToEngineUser(folder);
    const [program, args] = asEngineUser(installation.initdb, [
      ...['-D', unfinished, '-U', 'opspilot', '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--data-checksums'],
    ]);
    await runTool(program, args, { environment: engineEnvironment(folder) });
    await rm(passwordFile);
    await rename(unfinished, cluster);
  },

  processes: [
    {
      name: 'postgres',
      // SIGTERM would wait for clients to leave.
      stopSignal: 'SIGINT',
      program: ({ folder, ports, installation }) => ({
        command: installation.postgres,
        args: [
          '-D',
          path.join(folder, 'cluster'),
          ...[...settings(ports.sql), ...installation.itsSettings].flatMap((setting) => ['-c', setting]),
        ],
      }),
    },
  ],

  /** Makes the database where it is missing. */
  async isReady(engine) {
    const { Client } = (await import('pg')).default;
    const client = new Client({
      connectionString: serverUrl(engine, 'postgres'),
      connectionTimeoutMillis: 2000,
      // In place of PGOPTIONS, which is about other servers.
      options: '-c client_min_messages=warning',
    });
    try {
      await client.connect();
      const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
      if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
      return true;
    } catch {
      // Not up yet: the caller asks again until its deadline, and then names the server's log.
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  },
  url: (engine) => serverUrl(engine, DATABASE),
};

// It knows no TLS, which PGSSLMODE may ask for.
const serverUrl = ({ ports, secret }, database) =>
  `postgres://opspilot:${secret}@127.0.0.1:${ports.sql}/${database}?sslmode=disable`;

/** OPSPILOT_ENGINES_POSTGRES names the folder of another PostgreSQL's programs. Errors: where it has none. */
async function findBinaries() {
  const { OPSPILOT_ENGINES_POSTGRES: folder = '' } = process.env;
  if (folder === '') {
    const { findPostgresBinaries } = await builtModule('apps/opspilot/src/find-postgres-binaries.js');
    return { ...(await findPostgresBinaries()), itsSettings: [] };
  }
  const share = (await runTool(path.join(folder, 'pg_config'), ['--sharedir'])).trim();
  const hasTimescaleDb = existsSync(path.join(share, 'extension', 'timescaledb.control'));
  return {
    initdb: path.join(folder, 'initdb'),
    postgres: path.join(folder, 'postgres'),
    itsSettings: hasTimescaleDb ? TIMESCALEDB_SETTINGS : [],
  };
}

const settings = (port) => [
  `port=${port}`,
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=400',
  'shared_buffers=256MB',
  'max_wal_size=2GB',
  'wal_compression=on',
  'autovacuum_naptime=15s',
  'random_page_cost=1.1',
  'jit=off',
  'log_min_messages=warning',
  'log_checkpoints=off',
];

const TIMESCALEDB_SETTINGS = [
  'shared_preload_libraries=timescaledb',
  'timescaledb.telemetry_level=off',
  // A worker for each database besides those of its jobs: a run of the tests has many databases.
  'timescaledb.max_background_workers=32',
  'max_worker_processes=64',
];
