const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long something came before something else, as people say it: `5 s before`, `12 min before`, `at the same moment as`. */
export function describeLag(lagMs: number): string {
  // Instants are known to a second at best; what came after within the tolerance is no later than it.
  if (lagMs < SECOND_MS) return 'at the same moment as';
  // Up to nearly twice a unit the smaller one says more: 90 s, 90 min, 36 h.
  if (lagMs < 2 * MINUTE_MS) return `${Math.round(lagMs / SECOND_MS)} s before`;
  if (lagMs < 2 * HOUR_MS) return `${Math.round(lagMs / MINUTE_MS)} min before`;
  if (lagMs < 2 * DAY_MS) return `${Math.round(lagMs / HOUR_MS)} h before`;
  return `${Math.round(lagMs / DAY_MS)} days before`;
}
