export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the attempt after `attempt` (from 1): doubling up to a bound, of which the upper half is left to
 * chance, so that those who failed together do not come back together. `random` is from 0 to 1.
 */
export function backoffDelayMs(attempt: number, backoff: Backoff, random: number): number {
  const doubled = backoff.firstMs * 2 ** Math.min(30, Math.max(0, attempt - 1));
  return Math.round(Math.min(backoff.maxMs, doubled) * (0.5 + random / 2));
}
