import { type Backoff, backoffDelayMs } from '../../../../libs/core/src/common/backoff-delay';

const BACKOFF: Backoff = { firstMs: 250, maxMs: 15_000 };
const LONGEST_ASKED_MS = 60_000;

/**
 * How long to wait after the given attempt (from 1): doubling up to 15 s, less chance (see backoffDelayMs). What the server
 * asked for is kept to, up to a minute. `random` is in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number, retryAfterMs: number | undefined): number {
  return Math.max(backoffDelayMs(attempt, BACKOFF, random), Math.min(retryAfterMs ?? 0, LONGEST_ASKED_MS));
}
