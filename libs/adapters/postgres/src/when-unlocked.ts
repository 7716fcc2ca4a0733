import { setTimeout as wait } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../../core/src/common/backoff-delay';
import { sqlStateOf } from './engine-error';

/**
 * For PostgreSQL's lock_timeout: whoever comes after us waits as long as we do. Longer than its deadlock_timeout of a second, after which
 * it ends an autovacuum that is in the way.
 */
export const LOCK_TIMEOUT_MS = 1500;
/**
 * Not to be had in time, or each waits for the other, such as a writer who has the table, and a drop that has the counts which he adds to:
 * PostgreSQL then ends one of them, who tries again.
 */
const LOCKED_OUT = new Set(['55P03', '40P01']);
const MAX_ATTEMPTS = 5;
const BACKOFF: Backoff = { firstMs: 500, maxMs: 8000 };

/** What `attempt` returns, tried again a few times, for half a minute at most, where a lock cannot be had between long queries. */
export async function whenUnlocked<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let attempts = 1; ; attempts++)
    try {
      return await attempt();
    } catch (error) {
      if (attempts === MAX_ATTEMPTS || !LOCKED_OUT.has(sqlStateOf(error) ?? '')) throw error;
      await wait(backoffDelayMs(attempts, BACKOFF, Math.random()));
    }
}
