const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * How long something came before something else (after it, where the lag is negative), as people say it: `5 s before`, `40 s after`,
 * `12 min before`, `at the same moment as`.
 */
export function describeLag(lagMs: number): string {
  // Instants are known to a second at best.
  if (Math.abs(lagMs) < SECOND_MS) return 'at the same moment as';
  return lagMs < 0 ? `${describeLength(-lagMs)} after` : `${describeLength(lagMs)} before`;
}

function describeLength(lagMs: number): string {
  // Up to nearly twice a unit the smaller one says more: 90 s, 90 min, 36 h.
  if (lagMs < 2 * MINUTE_MS) return `${Math.round(lagMs / SECOND_MS)} s`;
  if (lagMs < 2 * HOUR_MS) return `${Math.round(lagMs / MINUTE_MS)} min`;
  if (lagMs < 2 * DAY_MS) return `${Math.round(lagMs / HOUR_MS)} h`;
  return `${Math.round(lagMs / DAY_MS)} days`;
}
