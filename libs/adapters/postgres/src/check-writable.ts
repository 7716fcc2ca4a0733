import type { Pool } from 'pg';
import { describeDatabaseProblem, READ_ONLY } from './describe-database-problem';
import { engineUnavailable } from './engine-error';
import { isTrue } from './is-true';

const IS_READ_ONLY = `SELECT current_setting('transaction_read_only') = 'on' AS is_read_only`;

/**
 * A standby answers all questions, and takes no writes. That a database does not answer is for checkSchema to say. Errors: OpsError
 * `unavailable` that says what to do.
 */
export async function checkWritable(pool: Pool): Promise<void> {
  if (await isTrue(pool, IS_READ_ONLY).catch(() => false))
    throw engineUnavailable(describeDatabaseProblem(READ_ONLY));
}
