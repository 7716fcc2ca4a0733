import { setTimeout as wait } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../../core/src/common/backoff-delay';
import { hasMissingShards } from './engine-error';

/** Two seconds in all: the first shard of a new index is there within a fraction of one. */
const MAX_ATTEMPTS = 7;
const BACKOFF: Backoff = { firstMs: 50, maxMs: 1000 };

/**
 * Asks again while shards are missing: at the beginning of each day one is, until OpenSearch has made the day's index, and where
 * retention deletes an index that is being searched.
 * Errors: OpsError `unavailable` where they still are; others at once.
 */
export async function whenShardsAreThere<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++)
    try {
      return await ask();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !hasMissingShards(error)) throw error;
      await wait(backoffDelayMs(attempt, BACKOFF, Math.random()));
    }
}
