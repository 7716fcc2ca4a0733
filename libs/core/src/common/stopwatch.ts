/**
 * What durations are measured with: a Clock may be put back, and what is to be forgotten after seconds would then be known for hours. Passed in,
 * so that a test can say how much time has passed.
 */
export interface Stopwatch {
  /** Milliseconds since some instant, the same for the life of the process. Never goes back. */
  readMs(): number;
}

export const systemStopwatch: Stopwatch = { readMs: () => performance.now() };
