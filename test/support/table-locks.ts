import type { Pool } from 'pg';

/** The locks on log_records that keep others from reading or writing. */
export async function strongLocks(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ mode: string }>(
    `SELECT mode FROM pg_locks JOIN pg_database ON pg_database.oid = database
     WHERE datname = current_database() AND relation = 'log_records'::regclass
       AND granted AND mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock')`,
  );
  return rows.map(({ mode }) => mode);
}
