import { nextAttempt } from './next-attempt';
import type { DeliveryOutcome } from './notifier.port';

const limits = { maxAttempts: 4, firstBackoffMs: 1000 };
const retryable: DeliveryOutcome = {
  outcome: 'failed',
  retryable: true,
  status: 503,
  reason: 'answered 503',
};
const final: DeliveryOutcome = { outcome: 'failed', retryable: false, status: 404, reason: 'answered 404' };

function waitMs(outcome: DeliveryOutcome, attempt: number, own = limits, seed = 'n1'): number {
  const next = nextAttempt(outcome, attempt, own, seed);
  if (next.decision !== 'retry') throw new Error(`expected a retry, got ${next.decision}`);
  return next.waitMs;
}

describe('nextAttempt', () => {
  it.each([
    ['delivered ends it', { outcome: 'delivered', status: 204 } as const, 1, 'done'],
    ['a failure that can pass is tried again', retryable, 1, 'retry'],
    ['a failure that cannot pass is not', final, 1, 'give_up'],
    ['the last attempt but one is followed by the last', retryable, 3, 'retry'],
    ['the last attempt is followed by none', retryable, 4, 'give_up'],
  ])('%s', (_what, outcome, attempt, decision) => {
    expect(nextAttempt(outcome, attempt, limits, 'n1').decision).toBe(decision);
  });

  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
  ])('waits up to a doubled backoff after attempt %d', (attempt, backoffMs) => {
    expect(waitMs(retryable, attempt)).toBeLessThanOrEqual(backoffMs);
    expect(waitMs(retryable, attempt)).toBeGreaterThanOrEqual(backoffMs * 0.75);
  });

  it('never waits more than five minutes by itself', () => {
    const patient = { maxAttempts: 50, firstBackoffMs: 1000 };
    expect(waitMs(retryable, 49, patient)).toBeLessThanOrEqual(300_000);
    expect(waitMs(retryable, 49, patient)).toBeGreaterThanOrEqual(225_000);
  });

  it('waits as long as the destination asks, up to a quarter of an hour', () => {
    expect(waitMs({ ...retryable, retryAfterSeconds: 30 }, 1)).toBe(30_000);
    expect(waitMs({ ...retryable, retryAfterSeconds: 86_400 }, 1)).toBe(900_000);
    expect(waitMs({ ...retryable, retryAfterSeconds: 0 }, 3)).toBeGreaterThanOrEqual(3000);
  });

  it('decides alike in a replay, and differently for another notification', () => {
    expect(waitMs(retryable, 1, limits, 'n1')).toBe(waitMs(retryable, 1, limits, 'n1'));
    const waits = new Set(['n1', 'n2', 'n3', 'n4'].map((seed) => waitMs(retryable, 1, limits, seed)));
    expect(waits.size).toBeGreaterThan(1);
  });
});
