import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

/** Calls `look` until it gives something else than undefined. Errors of `look` count as not yet; the last is the cause. */
export async function waitUntil(what, look, { deadlineMs, everyMs = 250 }) {
  const endsAtMs = Date.now() + deadlineMs;
  let cause;
  while (Date.now() < endsAtMs) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`waited ${Math.round(deadlineMs / 1000)} s for ${what}`, { cause });
}
