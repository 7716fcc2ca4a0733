import { CATCH_UP_MS, minutesToDerive, splitIntoMinutes } from './minutes-to-derive';

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

describe('minutesToDerive', () => {
  it.each([
    ['nothing has been derived yet', undefined, -5],
    ['the last run was a minute ago', NOON - MINUTE, -6],
    ['the last run ended just now', NOON, -5],
    ['the last run ended within a minute', NOON - 90_000, -7],
    ['there was an outage of half an hour', NOON - 30 * MINUTE, -35],
    ['there was an outage of a day', NOON - 1440 * MINUTE, -60],
    ['the clock went back', NOON + 30 * MINUTE, -5],
  ])('takes whole minutes where %s', (_when, derivedToMs, fromMinutes) => {
    const range = { fromMs: NOON + fromMinutes * MINUTE, toMs: NOON };
    expect(minutesToDerive(NOON, derivedToMs)).toEqual(range);
    expect(minutesToDerive(NOON + 59_999, derivedToMs)).toEqual(range);
  });

  it('is bounded', () => {
    const { fromMs, toMs } = minutesToDerive(NOON, 0);
    expect(toMs - fromMs).toBe(CATCH_UP_MS);
  });
});

describe('splitIntoMinutes', () => {
  it('covers the minutes that a range touches, once each', () => {
    expect(splitIntoMinutes({ fromMs: NOON + 1, toMs: NOON + 2 * MINUTE + 1 }, 2)).toEqual([
      { fromMs: NOON, toMs: NOON + 2 * MINUTE },
      { fromMs: NOON + 2 * MINUTE, toMs: NOON + 3 * MINUTE },
    ]);
  });

  it('has no part where there is no time', () => {
    expect(splitIntoMinutes({ fromMs: NOON, toMs: NOON }, 5)).toEqual([]);
  });
});
