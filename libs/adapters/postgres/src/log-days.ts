import type { Pool, PoolClient } from 'pg';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { type AgeLimits, mayDropDay } from '../../../core/src/projects/retention';
import { defaultPartition, listDayPartitions, lockPartitions, untilNotMaintained } from './day-partitions';
import type { DroppableDays, StoredDay } from './drop-days';
import { instantValue } from './instant-value';

/** Goes from one project to the next in the primary key, which begins with it: a step a project, however many records. */
const PROJECTS_THERE = (table: string) => `
  WITH RECURSIVE there AS (
    (SELECT project_id FROM ${table} ORDER BY project_id LIMIT 1)
    UNION ALL
    SELECT (SELECT later.project_id FROM ${table} AS later WHERE later.project_id > there.project_id
      ORDER BY later.project_id LIMIT 1)
    FROM there WHERE there.project_id IS NOT NULL
  )
  SELECT project_id::text AS id FROM there WHERE project_id IS NOT NULL`;

const HOUR_MS = 3_600_000;
/**
 * The counts by minute are those of the records, which a dropped table does not delete one by one. A trigger deletes those by fingerprint
 * with them: only of minutes that had counts, so that what was deleted before in the same transaction is not gone through again.
 */
const FORGET_COUNTS = `
  WITH forgotten AS (
    DELETE FROM log_minute_counts WHERE project_id = ANY($1::uuid[]) AND minute >= $2 AND minute < $3
    RETURNING count
  )
  SELECT coalesce(sum(count), 0)::bigint AS records FROM forgotten`;

/** Log records of the days that have a partition. */
export const logDays: DroppableDays = {
  list: (pool, latestEndMs) => listDayPartitions(pool, 'log_records', latestEndMs),
  mayDrop: async (connection, day, limits: AgeLimits) =>
    mayDropDay(day.endMs, await projectsThere(connection, day), limits),
  untilNotMaintained: (client, day) =>
    untilNotMaintained(client, [defaultPartition('log_records'), day.table]),
  lock: (client) => lockPartitions(client, 'log_records'),
  // There may be millions. An hour of them at a time stays short of the statement's timeout.
  prepare: async (client, day) => {
    const projects = await projectsThere(client, day);
    let records = 0;
    for (let startMs = day.startMs; startMs < day.endMs; startMs += HOUR_MS)
      records += await forgetCounts(client, projects, startMs, startMs + HOUR_MS);
    return records;
  },
  drop: async (client, day) => {
    // Of records that came while those before them were forgotten.
    const late = await forgetCounts(client, await projectsThere(client, day), day.startMs, day.endMs);
    await client.query(`DROP TABLE ${day.table}`);
    return late;
  },
};

/** Returns how many records were counted. */
async function forgetCounts(
  client: PoolClient,
  projects: readonly ProjectId[],
  fromMs: number,
  toMs: number,
): Promise<number> {
  const { rows } = await client.query<{ records: number }>(FORGET_COUNTS, [
    projects,
    instantValue(fromMs),
    instantValue(toMs),
  ]);
  return rows[0]?.records ?? 0;
}

async function projectsThere(connection: Pool | PoolClient, day: StoredDay): Promise<readonly ProjectId[]> {
  const { rows } = await connection.query<{ id: string }>(PROJECTS_THERE(day.table));
  return rows.map(({ id }) => asId<ProjectId>(id));
}
