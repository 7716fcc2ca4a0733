/** How many tokens a bucket holds when full, and how many come back in a second. Both above 0. */
export interface TokenBucket {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** What a bucket held at an instant. */
export interface BucketLevel {
  readonly tokens: number;
  readonly atMs: number;
}

export interface RateDecision {
  readonly isAdmitted: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** When the next token comes; 0 where one was taken. */
  readonly retryAfterMs: number;
}

/**
 * Takes one token. A bucket that nobody knows is full; a clock that went back refills nothing.
 * The Redis adapter's script does the same sums.
 */
export function takeToken(
  level: BucketLevel | undefined,
  bucket: TokenBucket,
  nowMs: number,
): { readonly level: BucketLevel; readonly decision: RateDecision } {
  const { capacity, refillPerSecond } = bucket;
  const elapsedMs = level === undefined ? 0 : Math.max(0, nowMs - level.atMs);
  const held = Math.min(capacity, (level?.tokens ?? capacity) + (elapsedMs * refillPerSecond) / 1000);
  const isAdmitted = held >= 1;
  const tokens = isAdmitted ? held - 1 : held;
  const retryAfterMs = isAdmitted ? 0 : Math.ceil(((1 - held) / refillPerSecond) * 1000);
  return {
    level: { tokens, atMs: nowMs },
    decision: { isAdmitted, remaining: Math.floor(tokens), retryAfterMs },
  };
}
