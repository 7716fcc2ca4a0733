import { requestedInstant } from './evaluation-request';

describe('requestedInstant', () => {
  it.each([
    ['a whole second', 10_000, 5000, 15_000],
    ['within a second', 10_001, 5000, 16_000],
    ['at the end of a second', 10_999, 5000, 16_000],
    ['without a delay', 10_500, 0, 11_000],
    ['a delay that is no whole second', 10_000, 300, 11_000],
  ])('lets windows hold everything up to the request: %s', (_what, requestedAtMs, delayMs, expected) => {
    const atMs = requestedInstant(requestedAtMs, delayMs);
    expect(atMs).toBe(expected);
    expect(atMs - delayMs).toBeGreaterThanOrEqual(requestedAtMs);
  });
});
