import type { Pool, PoolClient } from 'pg';
import { isEngineUnavailable } from './engine-error';

/** Closes the connection when the work is over, instead of giving it to the next caller. */
export type Discard = (reason: Error) => void;

/**
 * Lends a connection of the pool to the work; one that breaks meanwhile is discarded. Errors: those of the pool and of the
 * work, as they are.
 */
export async function lendClient<Answer>(
  pool: Pool,
  work: (client: PoolClient, discard: Discard) => Promise<Answer>,
): Promise<Answer> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const discard: Discard = (reason) => (broken ??= reason);
  // What breaks between two statements fails neither of them, and without a listener the process would end.
  client.on('error', discard);
  try {
    return await work(client, discard);
  } catch (error) {
    if (isEngineUnavailable(error)) discard(error instanceof Error ? error : new Error(String(error)));
    throw error;
  } finally {
    client.removeListener('error', discard);
    client.release(broken);
  }
}
