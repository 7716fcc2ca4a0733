import fc from 'fast-check';
import type { Point } from '../prepare-series';
import { AdaptiveDetector } from './adaptive-detector';
import type { PointJudgement } from './anomaly';
import { createDetector, DETECTOR_NAMES, restoreDetector } from './create-detector';
import { DetectorStateError, snapshotOf } from './detector-snapshot';
import { FlatLineDetector } from './flat-line-detector';
import { judgePoints } from './judge-points';
import { LevelShiftDetector } from './level-shift-detector';
import { RobustZDetector } from './robust-z-detector';
import { SeasonalBaselineDetector } from './seasonal-baseline-detector';
import { SeededRandom } from './seeded-random';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);

/** A daily course with noise, a point every 30 minutes. */
function daily(count: number, seed = 1, change: (value: number, index: number) => number = (value) => value) {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, index): Point => {
    const course = 100 + 40 * Math.sin((2 * Math.PI * index) / 48);
    return { atMs: START + index * 30 * MINUTE, value: change(course + 4 * random.next(), index) };
  });
}

const wildNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1e308, -1e308, 5e-324, Number.NaN, Infinity, -Infinity, 1e-310),
  fc.integer({ min: -5, max: 5 }),
);
const wildPoints = fc.array(
  fc.record({
    atMs: fc.oneof(
      fc.integer({ min: 0, max: 200 }).map((n) => n * MINUTE),
      fc.constantFrom(Number.NaN, Infinity, 1e15),
    ),
    value: wildNumber,
  }),
  { maxLength: 400 },
);

function statesOf(judgements: readonly PointJudgement[], state: PointJudgement['state']): number[] {
  return judgements.flatMap((judgement, index) => (judgement.state === state ? [index] : []));
}

describe.each(DETECTOR_NAMES)('%s', (name) => {
  it('survives any input with a score between 0 and 1', () => {
    fc.assert(
      fc.property(wildPoints, (points) => {
        for (const { score, band, state } of judgePoints(points, createDetector(name))) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          if (band !== undefined) expect(Number.isFinite(band.expected)).toBe(true);
          if (state === 'anomalous') expect(score).toBeGreaterThanOrEqual(0.5);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('goes on from its state, kept as JSON, as if it had never stopped', () => {
    const points = daily(700, 3, (value, index) => (index === 500 ? value * 3 : value));
    const whole = judgePoints(points, createDetector(name));
    for (const split of [0, 1, 40, 333, 501]) {
      const first = createDetector(name);
      const before = points.slice(0, split).map(({ atMs, value }) => first.observe(atMs, value));
      const second = restoreDetector(JSON.parse(JSON.stringify(snapshotOf(first))));
      const after = points.slice(split).map(({ atMs, value }) => second.observe(atMs, value));
      expect([...before, ...after]).toEqual(whole);
    }
  });

  it('goes on to the last bit from the state after any input', () => {
    fc.assert(
      fc.property(wildPoints, wildPoints, (earlier, later) => {
        const one = createDetector(name);
        judgePoints(earlier, one);
        const other = restoreDetector(JSON.parse(JSON.stringify(snapshotOf(one))));
        expect(judgePoints(later, other)).toEqual(judgePoints(later, one));
        expect(other.state()).toEqual(one.state());
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a state that lost something, or that another version wrote', () => {
    const detector = createDetector(name);
    for (const { atMs, value } of daily(300)) detector.observe(atMs, value);
    const snapshot = snapshotOf(detector);
    const { state } = snapshot as { state: Record<string, unknown> };
    for (const key of Object.keys(state)) {
      const rest = Object.fromEntries(Object.entries(state).filter(([other]) => other !== key));
      expect(() => restoreDetector({ ...snapshot, state: rest })).toThrow(DetectorStateError);
      expect(() => restoreDetector({ ...snapshot, state: { ...state, [key]: 'x' } })).toThrow('no state of');
    }
    expect(() => restoreDetector({ ...snapshot, method: `${name}/0` })).toThrow('no detector goes on');
    expect(() => restoreDetector(null)).toThrow('has a method and a state');
    expect(() => restoreDetector({ ...snapshot, state: null })).toThrow(DetectorStateError);
  });

  it('judges points in any order as in order of time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 200 }),
        fc.integer(),
        (values, seed) => {
          const points = values.map((value, index) => ({ atMs: START + index * MINUTE, value }));
          const random = new SeededRandom(seed);
          const shuffled = points
            .map((point) => ({ point, key: random.next() }))
            .sort((one, other) => one.key - other.key)
            .map(({ point }) => point);
          const byTime = judgePoints(shuffled, createDetector(name)).sort(
            (one, other) => one.atMs - other.atMs,
          );
          expect(byTime).toEqual(judgePoints(points, createDetector(name)));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('finds nothing in a constant, and says that it is learning first', () => {
    const points = Array.from({ length: 500 }, (_, index) => ({ atMs: START + index * MINUTE, value: 0.1 }));
    const judgements = judgePoints(points, createDetector(name));
    expect(statesOf(judgements, 'anomalous')).toEqual([]);
    expect(judgements[0]?.state).toBe('learning');
  });

  it('neither judges nor learns what is missing or late', () => {
    const detector = createDetector(name);
    for (const { atMs, value } of daily(300)) detector.observe(atMs, value);
    const before = JSON.stringify(detector.state());
    expect(detector.observe(START + 400 * 30 * MINUTE, Number.NaN).state).toBe('missing');
    expect(detector.observe(START, 5).state).toBe('late');
    expect(JSON.stringify(detector.state())).toBe(before);
  });

  it('does not mind duplicate times and gaps', () => {
    const points = daily(600).flatMap((point, index) =>
      index % 50 === 0 ? [point, point] : index % 50 === 7 ? [] : [point],
    );
    const judgements = judgePoints(points, createDetector(name));
    expect(judgements.every(({ score }) => Number.isFinite(score))).toBe(true);
    expect(statesOf(judgements, 'late')).toEqual([]);
  });

  it('keeps a small state however long the series', () => {
    const detector = createDetector(name);
    for (const { atMs, value } of daily(6000)) detector.observe(atMs, value);
    expect(JSON.stringify(detector.state()).length).toBeLessThan(200_000);
  });
});

describe.each(['adaptive', 'z-score', 'robust-z', 'seasonal-baseline', 'level-shift'] as const)(
  '%s',
  (name) => {
    const points = daily(600, 9, (value, index) => (index === 450 ? value + 200 : value));
    const scores = (given: readonly Point[]) =>
      judgePoints(given, createDetector(name)).map(({ score }) => score);

    it.each([4, 0.25, -1, 1024])('gives the same scores for a series times %d', (factor) => {
      const scaled = points.map(({ atMs, value }) => ({ atMs, value: value * factor }));
      const original = scores(points);
      scores(scaled).forEach((score, index) => expect(score).toBeCloseTo(original[index] ?? -1, 6));
    });

    it.each([1000, -300])('gives the same scores for a series plus %d', (shift) => {
      const moved = points.map(({ atMs, value }) => ({ atMs, value: value + shift }));
      const original = scores(points);
      scores(moved).forEach((score, index) => expect(score).toBeCloseTo(original[index] ?? -1, 4));
    });
  },
);

describe('what each method is for', () => {
  it.each(['adaptive', 'robust-z', 'isolation-forest', 'seasonal-baseline', 'z-score'] as const)(
    '%s finds a spike, says what it expected and why',
    (name) => {
      const judgements = judgePoints(
        daily(1000, 5, (value, index) => (index === 800 ? 900 : value)),
        createDetector(name),
      );
      const spike = judgements[800];
      expect(spike?.state).toBe('anomalous');
      expect(spike?.direction).toBe('up');
      expect(spike?.why).not.toBe('');
      expect(spike?.method).toMatch(/\/\d+$/);
    },
  );

  it.each(['adaptive', 'seasonal-baseline'] as const)(
    '%s sees a usual value at an unusual time of day',
    (name) => {
      // At the top of the course, the value of its bottom.
      const judgements = judgePoints(
        daily(48 * 20, 5, (value, index) => (index >= 876 && index < 879 ? 60 : value)),
        createDetector(name),
      );
      const found = statesOf(judgements, 'anomalous').filter((index) => index > 48 * 4);
      expect(found[0]).toBe(876);
      expect(judgements[876]?.why).toMatch(/usual at this time of (day|week)/);
    },
  );

  it('adaptive reports an excursion once and says while it lasts', () => {
    const judgements = judgePoints(
      daily(1000, 5, (value, index) => (index >= 800 && index < 815 ? 400 : value)),
      new AdaptiveDetector(),
    );
    expect(statesOf(judgements, 'anomalous').filter((index) => index >= 800 && index < 815)).toEqual([800]);
    expect(judgements[803]?.state).toBe('ongoing');
  });

  it('adaptive takes regular spikes for what they are', () => {
    const judgements = judgePoints(
      daily(2000, 5, (value, index) => (index % 40 === 0 ? 300 : value)),
      new AdaptiveDetector(),
    );
    expect(statesOf(judgements, 'anomalous').filter((index) => index > 600)).toEqual([]);
  });

  it('adaptive notices that a noisy series goes flat', () => {
    const random = new SeededRandom(2);
    const points = Array.from({ length: 2000 }, (_, index) => ({
      atMs: START + index * MINUTE,
      value: index < 1500 ? 50 + 10 * random.next() : 55,
    }));
    const found = statesOf(judgePoints(points, new AdaptiveDetector()), 'anomalous');
    expect(found.some((index) => index > 1500)).toBe(true);
  });

  it('level-shift finds a step and a turn, not a spike', () => {
    const random = new SeededRandom(2);
    const noise = () => random.next();
    const at = (value: number, index: number) => ({ atMs: START + index * MINUTE, value });
    const step = Array.from({ length: 200 }, (_, index) => at(noise() + (index >= 120 ? 8 : 0), index));
    const turn = Array.from({ length: 200 }, (_, index) => at(noise() + Math.max(0, index - 120) * 2, index));
    const spike = Array.from({ length: 200 }, (_, index) => at(noise() + (index === 120 ? 8 : 0), index));
    const found = (points: readonly Point[]) =>
      statesOf(judgePoints(points, new LevelShiftDetector()), 'anomalous');
    expect(found(step)[0]).toBeGreaterThanOrEqual(125);
    expect(found(step)[0]).toBeLessThan(130);
    expect(found(turn)[0]).toBeGreaterThanOrEqual(120);
    expect(found(turn)[0]).toBeLessThan(140);
    expect(found(spike)).toEqual([]);
  });

  it('flat-line finds a standstill and a gap', () => {
    const still = daily(400, 1, (value, index) => (index > 300 ? 70 : value));
    const judged = judgePoints(still, new FlatLineDetector());
    expect(statesOf(judged, 'anomalous')[0]).toBe(331);
    const gap = daily(400).filter((_, index) => index < 200 || index >= 220);
    const afterGap = judgePoints(gap, new FlatLineDetector())[200];
    expect(afterGap?.state).toBe('anomalous');
    expect(afterGap?.why).toBe('20 points are missing before this one');
  });

  it('keeps small departures quiet where a minimum deviation is set', () => {
    const points = daily(600, 5, (value, index) => (index === 450 ? value + 100 : value));
    const loud = judgePoints(points, new RobustZDetector({ sigma: 2 }));
    const quiet = judgePoints(points, new RobustZDetector({ sigma: 2, minDeviation: 500 }));
    const relative = judgePoints(points, new AdaptiveDetector({ minRelativeDeviation: 5 }));
    expect(statesOf(loud, 'anomalous').length).toBeGreaterThan(0);
    expect(statesOf(quiet, 'anomalous')).toEqual([]);
    expect(statesOf(relative, 'anomalous')).toEqual([]);
  });

  it('seasonal-baseline stays right through a change to daylight saving time where it knows the offset', () => {
    const random = new SeededRandom(1);
    const change = START + 15 * 86_400_000;
    const offset = (atMs: number) => (atMs >= change ? 60 * MINUTE : 0);
    const points = Array.from({ length: 48 * 20 }, (_, index) => {
      const atMs = START + index * 30 * MINUTE;
      const localHour = ((atMs + offset(atMs)) / (60 * MINUTE)) % 24;
      return { atMs, value: (localHour >= 9 && localHour < 17 ? 100 : 10) + random.next() };
    });
    const after = (judgements: readonly PointJudgement[]) =>
      judgements.filter(({ atMs, state }) => atMs >= change && state === 'anomalous').length;
    expect(after(judgePoints(points, new SeasonalBaselineDetector({ utcOffsetMs: offset })))).toBe(0);
    expect(after(judgePoints(points, new SeasonalBaselineDetector()))).toBeGreaterThan(0);
  });
});
