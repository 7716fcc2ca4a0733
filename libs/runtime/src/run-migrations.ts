import { Client } from 'pg';
import { isEngineUnavailable, toEngineError } from '../../adapters/postgres/src/engine-error';
import { CONNECT_TIMEOUT_MS, SESSION_SETTINGS } from '../../adapters/postgres/src/pool';
import { layOutSamples } from '../../adapters/postgres/src/timescale-samples';
import { LOCK_TIMEOUT_MS, whenUnlocked } from '../../adapters/postgres/src/when-unlocked';
import { layOutWordIndex } from '../../adapters/postgres/src/word-index';
import { type LoadedMigration, loadMigrations } from './migration-files';
import { type AppliedMigration, MigrationError, planMigrations } from './plan-migrations';

/** A pino logger fits. */
export interface MigrationLog {
  info(fields: object, message: string): void;
}

/** Any number will do, as long as every process asks for the same one. */
const LOCK_KEY = 7_305_511_904;
/** Some 600,000 log records, which take half a minute to index anew. */
const QUICKLY_INDEXED_BYTES = 256 * 1024 * 1024;
/** In place of what a database or a user is set to, which is about statements of services: counting millions of records takes longer. */
const WITHOUT_LIMITS = '-c statement_timeout=0 -c lock_timeout=0';
/**
 * A process that was ended leaves its statement to the server, which goes on for as long as it takes, and keeps what it has locked.
 * A server on Windows cannot look.
 */
const END_WITH_PROCESS = `SET client_connection_check_interval = '1s'`;
const INDEX_ADVICE = {
  'words, too many records':
    'run opspilot migrate --index-services, which takes up to a minute for each million',
  'words, no btree_gin':
    'let a superuser create the extension btree_gin in this database, then run opspilot migrate',
  'words, under way': 'nothing: another process puts the services there just now',
} as const;
const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

export interface MigrationOptions {
  /** Also index anew what takes long: minutes for some million log records. */
  readonly mayTakeLong?: boolean;
}

/**
 * Brings a database to the schema of this version: applies the files of libs/adapters/postgres/migrations that it lacks,
 * each in a transaction of its own, one process at a time; then lays out the samples and the index of words as the server can.
 * Returns the names of the files it applied.
 * Errors: OpsError `unavailable` that says what to do where the database is not to be had; MigrationError where an applied file was
 * edited, the database is newer than the code, or a file fails.
 */
export async function runMigrations(
  url: string,
  log?: MigrationLog,
  { mayTakeLong = false }: MigrationOptions = {},
): Promise<readonly string[]> {
  const migrations = await loadMigrations();
  const client = new Client({
    connectionString: url,
    application_name: 'opspilot-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    options: `${SESSION_SETTINGS} ${WITHOUT_LIMITS}`,
  });
  // What breaks the connection fails the statement under way too; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(END_WITH_PROCESS).catch(() => undefined);
    return await migrate(client, migrations, mayTakeLong ? Infinity : QUICKLY_INDEXED_BYTES, log);
  } catch (error) {
    throw isEngineUnavailable(error) ? toEngineError(error) : error;
  } finally {
    await client.end();
  }
}

/** Returns the names of the files it applied. Errors: MigrationError; those of the driver. */
async function migrate(
  client: Client,
  migrations: readonly LoadedMigration[],
  maxIndexedBytes: number,
  log: MigrationLog | undefined,
): Promise<readonly string[]> {
  // Held by the session: it ends with the connection, however this process ends.
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  await client.query(CREATE_LEDGER);
  const { rows } = await client.query<AppliedMigration>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  );
  const pending = planMigrations(migrations, rows);
  for (const migration of migrations.filter(({ name }) => pending.includes(name))) {
    await apply(client, migration);
    log?.info({ migration: migration.name }, 'migration applied');
  }
  const layout = await layOutSamples(client);
  if (layout === 'day partitions with samples') {
    const advice = 'to use TimescaleDB for samples, set METRIC_STORE_URL to a new database of this server';
    log?.info({ layout, advice }, 'samples stay in their partitions');
  }
  // Whoever waited for it would wait for the index as well, and its own statement would keep CREATE INDEX CONCURRENTLY from ending.
  await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  const index = await layOutWordIndex(client, maxIndexedBytes);
  if (index !== 'words and services')
    log?.info({ index, advice: INDEX_ADVICE[index] }, 'searches by words in a service stay slower');
  return pending;
}

/**
 * Whoever wants a table waits behind a migration that waits for it, such as for a dump that takes an hour: so it waits for a moment
 * only, lets them through, and tries again. Errors: MigrationError.
 */
async function apply(client: Client, migration: LoadedMigration): Promise<void> {
  try {
    await whenUnlocked(() => tryToApply(client, migration));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = isEngineUnavailable(error) ? `${message} (${toEngineError(error).message})` : message;
    throw new MigrationError(`the migration ${migration.name} failed and was undone: ${reason}`, {
      cause: error,
    });
  }
}

async function tryToApply(client: Client, { name, checksum, sql }: LoadedMigration): Promise<void> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [name, checksum]);
    await client.query('COMMIT');
  } catch (error) {
    // Where the connection is gone, so is the transaction.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
