import type { Point } from '../prepare-series';
import { createDetector } from './create-detector';
import { judgePoints } from './judge-points';
import { SeededRandom } from './seeded-random';
import { isSeasonalBaselineState, SeasonalBaselineDetector } from './seasonal-baseline-detector';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Clocks in Berlin go forward on 29 March 2026 at 01:00 UTC. */
const CHANGE = Date.UTC(2026, 2, 29, 1);
const FROM = Date.UTC(2026, 1, 2);
const TO = Date.UTC(2026, 3, 20);

/** Central European time, by its rule. */
function berlinOffset(atMs: number): number {
  return atMs >= CHANGE ? 2 * HOUR : HOUR;
}

/** Office hours on working days by the clock on the wall: two seasons in one series. */
function officeHours(): readonly Point[] {
  const random = new SeededRandom(3);
  const points: Point[] = [];
  for (let atMs = FROM; atMs < TO; atMs += HOUR / 2) {
    const local = new Date(atMs + berlinOffset(atMs));
    const isWeekend = local.getUTCDay() === 0 || local.getUTCDay() === 6;
    const isOpen = !isWeekend && local.getUTCHours() >= 9 && local.getUTCHours() < 17;
    points.push({ atMs, value: (isOpen ? 400 : 40) + 10 * random.next() });
  }
  return points;
}

function anomaliesAfterChange(
  options: { utcOffsetMs?: (atMs: number) => number },
  name: 'adaptive' | 'seasonal-baseline',
) {
  return judgePoints(officeHours(), createDetector(name, options)).filter(
    ({ atMs, state }) => atMs >= CHANGE && atMs < CHANGE + 9 * DAY && state === 'anomalous',
  ).length;
}

describe('a change to daylight saving time in a series with a daily and a weekly season', () => {
  it.each(['adaptive', 'seasonal-baseline'] as const)(
    'is no anomaly by %s where the offset is known',
    (name) => {
      expect(anomaliesAfterChange({ utcOffsetMs: berlinOffset }, name)).toBe(0);
    },
  );

  it('is one by UTC alone, as the working day begins an hour early', () => {
    expect(anomaliesAfterChange({}, 'seasonal-baseline')).toBeGreaterThan(0);
  });

  it.each(['adaptive', 'seasonal-baseline'] as const)('hides no working day that fails, by %s', (name) => {
    const failing = CHANGE + 2 * DAY;
    const points = officeHours().map((point) =>
      point.atMs >= failing && point.atMs < failing + DAY ? { ...point, value: 45 } : point,
    );
    const found = judgePoints(points, createDetector(name, { utcOffsetMs: berlinOffset })).filter(
      ({ atMs, state }) => atMs >= failing && atMs < failing + DAY && state === 'anomalous',
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]?.direction).toBe('down');
  });
});

describe('seasons that are found in the series', () => {
  it('are told beside time of day and of week', () => {
    const random = new SeededRandom(3);
    const detector = new SeasonalBaselineDetector();
    for (let index = 0; index < 5000; index += 1)
      detector.observe(
        FROM + index * 60_000,
        50 * Math.sin((2 * Math.PI * index) / 90) +
          30 * Math.sin((2 * Math.PI * index) / 1440) +
          random.next(),
      );
    const state = JSON.parse(JSON.stringify(detector.state()));
    expect(isSeasonalBaselineState(state)).toBe(true);
    const periods = detector.state().hypotheses.map(({ periodMs }) => Math.round(periodMs / 60_000));
    expect(periods).toEqual(expect.arrayContaining([1440, 10_080]));
    expect(periods.some((minutes) => Math.abs(minutes - 90) <= 2)).toBe(true);
  });

  it('make a departure from them an anomaly', () => {
    const random = new SeededRandom(3);
    const points = Array.from({ length: 3000 }, (_, index) => ({
      atMs: FROM + index * 60_000,
      value:
        (index >= 2600 && index < 2610 ? 0 : 50 * Math.sin((2 * Math.PI * (index + 22)) / 90)) +
        random.next(),
    }));
    const judged = judgePoints(points, createDetector('seasonal-baseline'));
    expect(judged.slice(2600, 2610).some(({ state }) => state === 'anomalous')).toBe(true);
    expect(judged.slice(2000, 2590).filter(({ state }) => state === 'anomalous')).toEqual([]);
  });
});
