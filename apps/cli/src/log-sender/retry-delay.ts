const FIRST_MS = 250;
const LONGEST_MS = 15_000;
const LONGEST_ASKED_MS = 60_000;

/**
 * How long to wait after the given attempt (from 1): doubling from 250 ms up to 15 s, of which a random half is taken off, so that senders
 * do not come back together. What the server asked for is kept to, up to a minute. `random` is in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number, retryAfterMs: number | undefined): number {
  const backoffMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)) * (0.5 + random / 2);
  return Math.max(backoffMs, Math.min(retryAfterMs ?? 0, LONGEST_ASKED_MS));
}
