import type { Client, Pool } from 'pg';
import { isTrue } from './is-true';

/** What became of the samples of a database. */
export type SamplesLayout =
  /** Native partitions: the server has no TimescaleDB, or one that we may not or cannot use. */
  | 'day partitions'
  /** The same, and it has TimescaleDB, but samples lie there already; they stay where they are. */
  | 'day partitions with samples'
  | 'hypertable';

/** Aggregates that TimescaleDB keeps up to date by itself. */
export const ROLLUPS = [
  { view: 'samples_by_minute', seconds: 60, width: '1 minute', lag: '2 minutes', every: '1 minute' },
  { view: 'samples_by_hour', seconds: 3600, width: '1 hour', lag: '2 hours', every: '15 minutes' },
] as const;
export type Rollup = (typeof ROLLUPS)[number];

/**
 * A refresh goes back to the oldest sample in steps of so long, and looks for each whether there is a chunk of it and a change in it. Steps of
 * TimescaleDB's own choice, ten minutes, take longer than the minute until the next refresh: with 90 days of samples and one
 * of 1970, more than 30 s each time. These take 0.5 s with 365 days and one of 1970.
 */
const REFRESH_STEP_SECONDS = 30 * 86_400;

const LAYOUT = `
  SELECT relkind = 'p' AS is_partitioned FROM pg_class WHERE oid = 'samples'::regclass`;
/** The loader's settings exist only where the server preloads it; without, CREATE EXTENSION would end the connection. */
const CAN_USE = `
  SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
    AND current_setting('timescaledb.max_background_workers', true) IS NOT NULL
    AND (EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
      OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) AS can_use`;
/**
 * Compression and continuous aggregates are under the Timescale licence, which a server may be built or set without; the
 * table is one of those that tell what an aggregate lags behind, and came with 2.22.
 */
const IS_FIT = `
  SELECT current_setting('timescaledb.license', true) = 'timescale'
    AND to_regclass('_timescaledb_catalog.continuous_aggs_materialization_ranges') IS NOT NULL AS is_fit`;
const IS_EMPTY = 'SELECT NOT EXISTS (SELECT FROM samples) AS is_empty';

/**
 * Lays the samples out in a hypertable where the server has TimescaleDB: compressed after a week, with aggregates by
 * minute and by hour. For the migration, after the schema is there; doing it again changes nothing. Samples that lie in
 * day partitions already are left there: moving them is an operator's decision.
 */
export async function layOutSamples(client: Client): Promise<SamplesLayout> {
  if (!(await isTrue(client, LAYOUT))) return 'hypertable';
  if (!(await isTrue(client, CAN_USE))) return 'day partitions';
  await client.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
  if (!(await isTrue(client, IS_FIT))) return 'day partitions';
  // Each migration comes here: where there are samples, as nearly always, it must not wait for the lock, and others behind it.
  if (!(await isTrue(client, IS_EMPTY))) return 'day partitions with samples';
  await client.query('BEGIN');
  try {
    await client.query('LOCK TABLE samples IN ACCESS EXCLUSIVE MODE');
    const isEmpty = await isTrue(client, IS_EMPTY);
    if (isEmpty) await convert(client);
    await client.query('COMMIT');
    return isEmpty ? 'hypertable' : 'day partitions with samples';
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Whether layOutSamples has made a hypertable of them, rather than the partitions of the migration. */
export async function isHypertable(pool: Pool): Promise<boolean> {
  return !(await isTrue(pool, LAYOUT));
}

/** A partitioned table cannot become a hypertable, so that the empty one makes way for a new one under the same view. */
async function convert(client: Client): Promise<void> {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT pg_get_viewdef('metrics'::regclass) AS definition`,
  );
  await client.query('ALTER TABLE samples RENAME TO samples_before');
  await client.query(
    'CREATE TABLE samples (LIKE samples_before INCLUDING DEFAULTS, PRIMARY KEY (series_id, timestamp))',
  );
  await client.query('DROP VIEW metrics');
  await client.query('DROP TABLE samples_before');
  await client.query(`CREATE VIEW metrics AS ${rows[0]?.definition ?? ''}`);
  await client.query(
    `SELECT create_hypertable('samples', by_range('timestamp', INTERVAL '1 day'), create_default_indexes => false)`,
  );
  await client.query(
    `ALTER TABLE samples SET (timescaledb.compress, timescaledb.compress_segmentby = 'series_id',
      timescaledb.compress_orderby = 'timestamp')`,
  );
  await client.query(`SELECT add_compression_policy('samples', INTERVAL '7 days')`);
  for (const rollup of ROLLUPS) await addRollup(client, rollup);
}

async function addRollup(client: Client, { view, seconds, width, lag, every }: Rollup): Promise<void> {
  await client.query(`
    CREATE MATERIALIZED VIEW ${view} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT series_id, time_bucket('${width}', timestamp) AS bucket, count(*) AS sample_count,
      sum(value) AS total, min(value) AS least, max(value) AS greatest,
      max(timestamp) AS last_at, last(value, timestamp) AS last_value
    FROM samples GROUP BY series_id, bucket WITH NO DATA`);
  // From the beginning of time: only what has changed is done again, however old it is.
  await client.query(`
    SELECT add_continuous_aggregate_policy('${view}', start_offset => NULL,
      end_offset => INTERVAL '${lag}', schedule_interval => INTERVAL '${every}',
      buckets_per_batch => ${REFRESH_STEP_SECONDS / seconds})`);
}
