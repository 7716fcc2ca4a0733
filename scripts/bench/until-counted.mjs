// When all records can be found. Counting them costs the engine too, the more the more there are, and is no part of what is
// measured.
import { setTimeout as sleep } from 'node:timers/promises';

const SOONEST_MS = 50;
const LATEST_MS = 5000;
const GIVE_UP_MS = 15 * 60_000;

/** Waits until `countNow` gives at least `count`: when that was seen, as performance.now() tells it. */
export async function untilCounted(what, count, countNow) {
  const startedAt = performance.now();
  for (;;) {
    const found = await countNow();
    const now = performance.now();
    if (found >= count) return now;
    const elapsedMs = now - startedAt;
    if (elapsedMs > GIVE_UP_MS) throw new Error(`waited in vain for ${count} ${what}; there are ${found}`);
    await sleep(lookAgainMs(elapsedMs, found / count));
  }
}

/**
 * After a quarter of the time that the rest takes at the rate so far: seldom at first and closely in the end, so that some twenty
 * looks are as exact as one every 50 ms.
 */
export function lookAgainMs(elapsedMs, share) {
  const restMs = share > 0 ? elapsedMs * (1 / share - 1) : Infinity;
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, Math.min(restMs / 4, elapsedMs)));
}
