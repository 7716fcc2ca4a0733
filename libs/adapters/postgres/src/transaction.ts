import type { Pool, PoolClient } from 'pg';
import { isUnanswered } from './engine-error';
import { type Discard, lendClient } from './lend-client';

/**
 * Runs the work in one transaction: committed when it resolves, rolled back when it throws. A connection that cannot
 * even roll back is closed instead of being given to the next caller. Errors: those of the work, as they are.
 */
export function withTransaction<Answer>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Answer>,
): Promise<Answer> {
  return lendClient(pool, async (client, discard) => {
    try {
      await client.query('BEGIN');
      const answer = await work(client);
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      // Who has not answered does not answer this either, and would be waited for as long once more.
      if (!isUnanswered(error)) await rollBack(client, discard);
      throw error;
    }
  });
}

async function rollBack(client: PoolClient, discard: Discard): Promise<void> {
  try {
    await client.query('ROLLBACK');
  } catch (error) {
    discard(error instanceof Error ? error : new Error(String(error)));
  }
}
