import type { SharedClock } from '../../libs/core/src/common/shared-clock.port';

/**
 * The instant, or what the database's clock says where it has not come to that: Temporal's clock may be ahead. Whoever remembers how far it
 * has read, or deletes what is old, would pass over what comes until then, or delete what is not. Errors: those of the clock.
 */
export async function notAhead(clock: SharedClock, atMs: number): Promise<number> {
  return Math.min(atMs, await clock.now());
}
