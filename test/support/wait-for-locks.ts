import type { Client, Pool } from 'pg';
import { waitFor } from './wait-for';

/** Until so many connections to the same database wait for a lock: those of other tests are on the same server. */
export function waitForLocks(pool: Pool | Client, count: number): Promise<true> {
  return waitFor(`${count} to wait for a lock`, async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount === count ? true : undefined;
  });
}
