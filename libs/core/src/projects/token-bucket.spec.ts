import { type BucketLevel, takeToken } from './token-bucket';

const BUCKET = { capacity: 3, refillPerSecond: 2 };

describe('takeToken', () => {
  it.each<[string, BucketLevel | undefined, number, number, boolean, number]>([
    ['begins full', undefined, 0, 2, true, 0],
    ['takes the last one', { tokens: 1, atMs: 0 }, 0, 0, true, 0],
    ['refuses when empty, until the next token', { tokens: 0, atMs: 0 }, 0, 0, false, 500],
    ['counts what has come back in part', { tokens: 0, atMs: 0 }, 200, 0.4, false, 300],
    ['admits when one has come back', { tokens: 0, atMs: 0 }, 500, 0, true, 0],
    ['never holds more than its capacity', { tokens: 1, atMs: 0 }, 3_600_000, 2, true, 0],
    ['refills nothing when the clock goes back', { tokens: 0.5, atMs: 9000 }, 1000, 0.5, false, 250],
  ])('%s', (_case, level, nowMs, tokens, isAdmitted, retryAfterMs) => {
    const taken = takeToken(level, BUCKET, nowMs);
    expect(taken.level.tokens).toBeCloseTo(tokens, 9);
    expect(taken.level.atMs).toBe(nowMs);
    expect(taken.decision).toEqual({ isAdmitted, remaining: Math.floor(tokens), retryAfterMs });
  });
});
