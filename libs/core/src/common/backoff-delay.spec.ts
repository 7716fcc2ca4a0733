import { backoffDelayMs } from './backoff-delay';

const BACKOFF = { firstMs: 100, maxMs: 10_000 };

describe('backoffDelayMs', () => {
  it.each([
    [1, 0, 50],
    [1, 1, 100],
    [2, 1, 200],
    [4, 0.5, 600],
    [8, 1, 10_000],
    [1_000_000, 1, 10_000],
    [0, 1, 100],
  ])('after attempt %d, with chance %d, waits %d ms', (attempt, random, expected) => {
    expect(backoffDelayMs(attempt, BACKOFF, random)).toBe(expected);
  });
});
