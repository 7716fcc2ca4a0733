/** How many error and fatal records of a project arrive: lately, and usually. Counts that fade with time. */
export interface ErrorRate {
  /** Since when records are counted; before it, nothing is known. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly recent: number;
  readonly usual: number;
  readonly hintedAtMs?: number;
}

export interface ErrorRateStep {
  readonly rate: ErrorRate;
  /** Whether errors come so much faster than usual that waiting for the schedule would be a pity. */
  readonly isHint: boolean;
}

const RECENT_MS = 10_000;
const USUAL_MS = 300_000;
/** Fewer in the last seconds are no jump, however few are usual. */
const LEAST_ERRORS = 10;
const JUMP = 4;
/** What is usual is not known before. */
const WARM_UP_MS = 10_000;

/** Where counting begins. */
export function unknownErrorRate(sinceMs: number): ErrorRate {
  return { sinceMs, atMs: sinceMs, recent: 0, usual: 0 };
}

/**
 * One step of two exponentially fading counts (10 seconds and 5 minutes). A hint where the short one is four times what the
 * rest of the long one lets one expect, and the last hint is `hintGapMs` ago.
 */
export function nextErrorRate(
  { sinceMs, atMs: beforeMs, recent: recentBefore, usual: usualBefore, hintedAtMs }: ErrorRate,
  errors: number,
  nowMs: number,
  hintGapMs: number,
): ErrorRateStep {
  const atMs = Math.max(nowMs, beforeMs);
  const faded = fade(recentBefore, atMs - beforeMs, RECENT_MS);
  const recent = faded + errors;
  const usual = fade(usualBefore, atMs - beforeMs, USUAL_MS);
  const knownMs = atMs - sinceMs;
  // What is recent is no measure of what is usual: it is taken out of the long count, and its time too.
  const usualMs = heldMs(knownMs, USUAL_MS) - heldMs(knownMs, RECENT_MS);
  const expected = ((usual - faded) / usualMs) * RECENT_MS;
  const isJump = knownMs >= WARM_UP_MS && recent >= LEAST_ERRORS && recent > JUMP * expected;
  const isHint = isJump && (hintedAtMs === undefined || atMs - hintedAtMs >= hintGapMs);
  const lastHintAtMs = isHint ? atMs : hintedAtMs;
  return {
    rate: {
      sinceMs,
      atMs,
      recent,
      usual: usual + errors,
      ...(lastHintAtMs !== undefined && { hintedAtMs: lastHintAtMs }),
    },
    isHint,
  };
}

/** How much time a fading count holds that began so long ago. */
function heldMs(knownMs: number, timeConstantMs: number): number {
  return timeConstantMs * (1 - fade(1, knownMs, timeConstantMs));
}

function fade(count: number, elapsedMs: number, timeConstantMs: number): number {
  return count * Math.exp(-elapsedMs / timeConstantMs);
}
