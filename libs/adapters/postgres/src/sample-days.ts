import type { Pool, PoolClient } from 'pg';
import { type AgeLimits, projectsAged } from '../../../core/src/projects/retention';
import { defaultPartition, listDayPartitions, lockPartitions, untilNotMaintained } from './day-partitions';
import type { DroppableDays, StoredDay } from './drop-days';
import { instantValue } from './instant-value';
import { isTrue } from './is-true';

/** $1 projects whose samples have aged. By series, of which there are fewer than samples. */
const OTHERS_THERE = (table: string) => `
  SELECT EXISTS (
    SELECT FROM series CROSS JOIN LATERAL (
      SELECT FROM ${table} AS sample WHERE sample.series_id = series.id LIMIT 1
    ) AS first
    WHERE series.project_id::text <> ALL($1::text[])
  ) AS others_are_there`;

async function mayDrop(connection: Pool | PoolClient, day: StoredDay, limits: AgeLimits): Promise<boolean> {
  const aged = projectsAged(limits, day.endMs);
  if (aged.length === 0) return false;
  return !(await isTrue(connection, OTHERS_THERE(day.table), [aged]));
}

/** Samples in native partitions. How many a day had is the estimate of PostgreSQL's statistics. */
export const partitionedSampleDays: DroppableDays = {
  list: (pool, latestEndMs) => listDayPartitions(pool, 'samples', latestEndMs),
  mayDrop,
  untilNotMaintained: (client, day) => untilNotMaintained(client, [defaultPartition('samples'), day.table]),
  lock: (client) => lockPartitions(client, 'samples'),
  drop: async (client, day) => {
    const { rows } = await client.query<{ records: number }>(
      'SELECT greatest(reltuples, 0)::bigint AS records FROM pg_class WHERE oid = $1::regclass',
      [day.table],
    );
    await client.query(`DROP TABLE ${day.table}`);
    return rows[0]?.records ?? 0;
  },
};

interface ChunkRow {
  readonly name: string;
  readonly range_start: Date;
  readonly range_end: Date;
}

/**
 * Samples in a hypertable. Dropping a chunk tells the rollups that its days have changed, so that they forget them too, and
 * until they have, queries read the samples.
 */
export const hypertableSampleDays: DroppableDays = {
  list: async (pool, latestEndMs) => {
    const { rows } = await pool.query<ChunkRow>(
      `SELECT format('%I.%I', chunk_schema, chunk_name) AS name, range_start, range_end
       FROM timescaledb_information.chunks
       WHERE hypertable_schema = current_schema() AND hypertable_name = 'samples' AND range_end <= $1
       ORDER BY range_start`,
      [instantValue(latestEndMs)],
    );
    return rows.map(({ name, range_start: start, range_end: end }) => ({
      table: name,
      startMs: start.getTime(),
      endMs: end.getTime(),
    }));
  },
  mayDrop: async (connection, day, limits) => mayDrop(connection, { ...day, table: samplesOf(day) }, limits),
  lock: async (client, day) => {
    await client.query(`LOCK TABLE ${day.table} IN ACCESS EXCLUSIVE MODE`);
  },
  drop: async (client, day) => {
    const { rows } = await client.query<{ records: number }>(
      'SELECT approximate_row_count($1::regclass) AS records',
      [day.table],
    );
    await client.query(
      `SELECT drop_chunks('samples', older_than => $1::timestamptz, newer_than => $2::timestamptz)`,
      [instantValue(day.endMs), instantValue(day.startMs)],
    );
    return rows[0]?.records ?? 0;
  },
};

/** By way of the hypertable, which reads compressed chunks too. */
function samplesOf({ startMs, endMs }: StoredDay): string {
  return `(SELECT series_id FROM samples
    WHERE timestamp >= '${instantValue(startMs)}' AND timestamp < '${instantValue(endMs)}')`;
}
