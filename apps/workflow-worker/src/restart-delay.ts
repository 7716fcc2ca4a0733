/** First and longest wait between two attempts. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait before attempt `attempt` (from 1), doubling up to half a minute. `random` in [0, 1) takes off up to a quarter. */
export function restartDelayMs(attempt: number, random: number): number {
  const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(fullMs * (1 - random / 4));
}
