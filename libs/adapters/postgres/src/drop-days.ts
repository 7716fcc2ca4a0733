import type { Pool, PoolClient } from 'pg';
import {
  type AgeLimits,
  type DroppedDay,
  latestLimit,
  type OnDropped,
  type ReadLimits,
} from '../../../core/src/projects/retention';
import { isEngineUnavailable, onEngine, sqlStateOf } from './engine-error';
import { isTrue } from './is-true';
import { withTransaction } from './transaction';
import { LOCK_TIMEOUT_MS, whenUnlocked } from './when-unlocked';

/** Where rows of one UTC day lie: a partition, or a chunk of a hypertable. */
export interface StoredDay {
  /** As it is written in a statement. */
  readonly table: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A table whose days can be dropped. Its statements run on a connection of the pool or in the transaction that drops a day. */
export interface DroppableDays {
  /** Days that end no later, the oldest first. */
  list(pool: Pool, latestEndMs: number): Promise<readonly StoredDay[]>;
  /** Whether all rows of the day have aged. */
  mayDrop(connection: Pool | PoolClient, day: StoredDay, limits: AgeLimits): Promise<boolean>;
  /** Waits for what maintains the day while others read and write it, before anybody has to wait for us. */
  untilNotMaintained?(client: PoolClient, day: StoredDay): Promise<void>;
  /**
   * Deletes what refers to the day and takes long, while others still read and write; returns how many rows of the day it was about.
   * Undone where the day must stay.
   */
  prepare?(client: PoolClient, day: StoredDay): Promise<number>;
  /** Keeps others from reading and writing rows of the day until the transaction ends. */
  lock(client: PoolClient, day: StoredDay): Promise<void>;
  /** Drops the day and what still refers to it; returns how many more rows it had, as far as PostgreSQL knows. */
  drop(client: PoolClient, day: StoredDay): Promise<number>;
}

const NO_SUCH_TABLE = '42P01';
const NOT_ALLOWED = '42501';
/** Such as a file that is missing or cannot be read. */
const SYSTEM_ERRORS = '58';

/**
 * Drops the days that hold nothing but rows that have aged, each in a transaction of its own. Where a day's lock cannot be had
 * between long queries, it tries again a few times. Errors: that of the first day that PostgreSQL refused to drop, after all
 * others; OpsError `unavailable` at once where no lock is to be had or PostgreSQL does not answer.
 */
export async function dropDays(
  pool: Pool,
  days: DroppableDays,
  readLimits: ReadLimits,
  onDropped?: OnDropped,
): Promise<readonly DroppedDay[]> {
  const limits = await readLimits();
  const latestMs = latestLimit(limits);
  if (latestMs === undefined) return [];
  return onEngine(async () => {
    const dropped: DroppedDay[] = [];
    const failures: unknown[] = [];
    for (const day of await days.list(pool, latestMs)) {
      try {
        const records = await dropIfAged(pool, days, day, limits, readLimits);
        if (records === undefined) continue;
        const gone = { endMs: day.endMs, records };
        dropped.push(gone);
        onDropped?.(gone);
      } catch (error) {
        // What is the matter with all days would be waited for again with each.
        if (!isAboutOneDay(error)) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return dropped;
  });
}

/** Returns how many rows it dropped; undefined where the day must stay, or somebody else has dropped it meanwhile. */
async function dropIfAged(
  pool: Pool,
  days: DroppableDays,
  day: StoredDay,
  limits: AgeLimits,
  readLimits: ReadLimits,
): Promise<number | undefined> {
  try {
    // Looked at without a lock first, so that a day that must stay holds up nobody.
    if (!(await days.mayDrop(pool, day, limits))) return undefined;
    return await whenUnlocked(() => dropDay(pool, days, day, readLimits));
  } catch (error) {
    if (sqlStateOf(error) === NO_SUCH_TABLE && (await isGone(pool, day))) return undefined;
    throw error;
  }
}

function dropDay(
  pool: Pool,
  days: DroppableDays,
  day: StoredDay,
  readLimits: ReadLimits,
): Promise<number | undefined> {
  return withTransaction(pool, async (client) => {
    await client.query('SAVEPOINT untouched');
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await days.untilNotMaintained?.(client, day);
    const prepared = (await days.prepare?.(client, day)) ?? 0;
    // As late as may be while nobody waits for us.
    const limits = await readLimits();
    await days.lock(client, day);
    if (await days.mayDrop(client, day, limits)) return prepared + (await days.drop(client, day));
    await client.query('ROLLBACK TO SAVEPOINT untouched');
    return undefined;
  });
}

/** Whether PostgreSQL judged a statement about one day, such as of a table that a view of somebody depends on. */
function isAboutOneDay(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === undefined) return false;
  return !isEngineUnavailable(error) || state === NOT_ALLOWED || state.startsWith(SYSTEM_ERRORS);
}

function isGone(pool: Pool, { table }: StoredDay): Promise<boolean> {
  return isTrue(pool, 'SELECT to_regclass($1) IS NULL AS is_gone', [table]);
}
