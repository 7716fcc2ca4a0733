import type { Pool, PoolClient } from 'pg';
import { toIso } from '../../../core/src/common/time-range';
import type { StoredDay } from './drop-days';
import { instantValue } from './instant-value';
import { isTrue } from './is-true';
import { withTransaction } from './transaction';
import { LOCK_TIMEOUT_MS, whenUnlocked } from './when-unlocked';

/** Tables that are partitioned by UTC day over `timestamp`, each with a partition `<table>_default`. */
export type DayPartitionedTable = 'log_records' | 'samples';

interface DayPartition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
/** Yesterday too: late records of the evening before are common after midnight. */
const DAYS_BEFORE = 1;
const DAYS_AHEAD = 2;

/**
 * A day begins without statistics and grows at its end. Until the planner has seen some of it, it takes every range for
 * empty and filters by word without the index (measured: 5 s instead of 50 ms over 300,000 records).
 */
const AUTOVACUUM =
  'autovacuum_analyze_scale_factor = 0.05, autovacuum_analyze_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0.05';

/** The partitions that should exist at that instant. */
export function partitionsAround(table: DayPartitionedTable, nowMs: number): readonly DayPartition[] {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return Array.from({ length: DAYS_BEFORE + 1 + DAYS_AHEAD }, (_, index) => {
    const startMs = today + (index - DAYS_BEFORE) * DAY_MS;
    const from = toIso(startMs);
    return {
      name: `${table}_${from.slice(0, 10).replaceAll('-', '')}`,
      from,
      to: toIso(startMs + DAY_MS),
    };
  });
}

/**
 * Creates the partitions that are missing around that instant, each in a transaction of its own. Rows of such a day that
 * lie in the default partition move over in the same transaction. May run in many processes at once: they take turns.
 * Returns the names of the partitions it created.
 */
export async function ensureDayPartitions(
  pool: Pool,
  table: DayPartitionedTable,
  nowMs: number,
): Promise<readonly string[]> {
  const created: string[] = [];
  for (const partition of partitionsAround(table, nowMs)) {
    if (await exists(pool, table, partition.name)) continue;
    const made = await whenUnlocked(() =>
      withTransaction(pool, (client) => createPartition(client, table, partition)),
    );
    if (made) created.push(partition.name);
  }
  return created;
}

/** The partitions of days that end no later, the oldest first. What lies in the default partition has none. */
export async function listDayPartitions(
  pool: Pool,
  table: DayPartitionedTable,
  latestEndMs: number,
): Promise<readonly StoredDay[]> {
  const { rows } = await pool.query<{ name: string; start: Date }>(
    `SELECT name, start FROM (
       SELECT relname AS name, (right(relname, 8) || ' 00:00+00')::timestamptz AS start
       FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = $1::regclass AND relname ~ ('^' || $1 || '_[0-9]{8}$')
     ) AS day
     WHERE start + interval '1 day' <= $2 ORDER BY start`,
    [table, instantValue(latestEndMs)],
  );
  return rows.map(({ name, start }) => ({
    table: name,
    startMs: start.getTime(),
    endMs: start.getTime() + DAY_MS,
  }));
}

/**
 * Keeps out readers and writers. What dropping a partition needs anyway: taken before anything else, in the order in which all others
 * lock too, so that nobody waits for rows of a day while we wait for them; who comes later sees the partitions as they are then.
 */
export async function lockPartitions(client: PoolClient, table: DayPartitionedTable): Promise<void> {
  await client.query(`LOCK TABLE ONLY ${table} IN ACCESS EXCLUSIVE MODE`);
}

/**
 * Waits until nothing maintains these partitions while others read and write them, such as the building of an index, which may go on
 * for minutes. Whoever has the table locked meanwhile holds up all readers, and PostgreSQL may end one of them: the building waits
 * for them too. Keeps nothing: others lock the table first, and then its partitions.
 */
export async function untilNotMaintained(client: PoolClient, partitions: readonly string[]): Promise<void> {
  await client.query('SAVEPOINT before_looking');
  await client.query(`LOCK TABLE ${partitions.join(', ')} IN SHARE UPDATE EXCLUSIVE MODE`);
  await client.query('ROLLBACK TO SAVEPOINT before_looking');
}

/** Where rows of all other days lie. Making and dropping a day's partition locks it as well. */
export function defaultPartition(table: DayPartitionedTable): string {
  return `${table}_default`;
}

/** Reads the catalog as a table: to_regclass may answer from a cache that is older than the lock we waited for. */
async function exists(client: Pool | PoolClient, table: DayPartitionedTable, name: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = $1::regclass AND relname = $2`,
    [table, name],
  );
  return rowCount === 1;
}

async function createPartition(
  client: PoolClient,
  table: DayPartitionedTable,
  partition: DayPartition,
): Promise<boolean> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${table} partitions`]);
  if (await exists(client, table, partition.name)) return false;
  const { name, from, to } = partition;
  const fallback = defaultPartition(table);
  const ofThatDay = `FROM ${fallback} WHERE timestamp >= $1 AND timestamp < $2`;
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await untilNotMaintained(client, [fallback]);
  // A writer under way would go on to the default partition, and find that the row does not belong there any more.
  await client.query(`LOCK TABLE ONLY ${table} IN SHARE ROW EXCLUSIVE MODE`);
  // A reader that knows the partitions already would find what moves neither where it was nor where it goes.
  if (await isTrue(client, `SELECT EXISTS (SELECT ${ofThatDay}) AS is_there`, [from, to]))
    await lockPartitions(client, table);
  await client.query(
    `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING STORAGE) WITH (${AUTOVACUUM})`,
  );
  // Attaching takes this lock anyway. Taken first, no writer can wait for a row that is being moved while we wait for it.
  await client.query(`LOCK TABLE ${fallback} IN ACCESS EXCLUSIVE MODE`);
  await client.query(
    `WITH moved AS (DELETE ${ofThatDay} RETURNING *) INSERT INTO ${name} SELECT * FROM moved`,
    [from, to],
  );
  await client.query(
    `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
  return true;
}
