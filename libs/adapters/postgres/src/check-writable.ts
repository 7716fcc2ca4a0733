import type { Pool } from 'pg';
import { describeDatabaseProblem, DISK_FULL, READ_ONLY } from './describe-database-problem';
import { engineUnavailable } from './engine-error';
import type { FullDiskWatch } from './full-disk-watch';
import { isTrue } from './is-true';

const IS_READ_ONLY = `SELECT current_setting('transaction_read_only') = 'on' AS is_read_only`;

/**
 * A standby, and a database whose disk is full, answer all questions. That it does not answer is for checkSchema to say. Errors:
 * OpsError `unavailable` that says what to do.
 */
export async function checkWritable(pool: Pool, disk: FullDiskWatch): Promise<void> {
  if (disk.wasMet()) throw engineUnavailable(describeDatabaseProblem(DISK_FULL));
  if (await isTrue(pool, IS_READ_ONLY).catch(() => false))
    throw engineUnavailable(describeDatabaseProblem(READ_ONLY));
}
