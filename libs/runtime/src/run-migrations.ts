import { Client } from 'pg';
import { isEngineUnavailable, toEngineError } from '../../adapters/postgres/src/engine-error';
import { CONNECT_TIMEOUT_MS, SESSION_SETTINGS } from '../../adapters/postgres/src/pool';
import { layOutSamples } from '../../adapters/postgres/src/timescale-samples';
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
    options: SESSION_SETTINGS,
  });
  // What breaks the connection fails the statement under way too; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
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

async function apply(client: Client, migration: LoadedMigration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`the migration ${migration.name} failed and was undone: ${reason}`, {
      cause: error,
    });
  }
}
