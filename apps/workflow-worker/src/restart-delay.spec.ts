import { restartDelayMs } from './restart-delay';

describe('restartDelayMs', () => {
  it.each([
    [1, 0, 500],
    [2, 0, 1000],
    [4, 0, 4000],
    [7, 0, 30_000],
    [1000, 0, 30_000],
    [1, 0.5, 438],
    [1000, 0.999, 22_508],
  ])('waits before attempt %d with chance %d for %d ms', (attempt, random, expectedMs) => {
    expect(restartDelayMs(attempt, random)).toBe(expectedMs);
  });
});
