import fc from 'fast-check';
import type { Point } from '../prepare-series';
import type { SeriesDetector } from './anomaly';
import {
  createDetector,
  DETECTOR_NAMES,
  type DetectorName,
  mergeSnapshots,
  restoreDetector,
} from './create-detector';
import { type DetectorSnapshot, DetectorStateError, snapshotOf } from './detector-snapshot';
import { SeededRandom } from './seeded-random';

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 30 * 60_000;

/** A daily course with noise, spikes and standstills. */
function course(count: number, seed = 1): readonly Point[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const noise = random.next();
    const value =
      noise > 0.99 ? 500 : Math.round(100 + 40 * Math.sin((2 * Math.PI * index) / 48) + 8 * noise);
    return { atMs: START + index * STEP_MS, value };
  });
}

function watch(name: DetectorName, points: readonly Point[]): DetectorSnapshot {
  const detector = createDetector(name);
  for (const { atMs, value } of points) detector.observe(atMs, value);
  return snapshotOf(detector);
}

/** Every number of a state, by where it lies. */
function numbersOf(value: unknown, path = ''): Map<string, number> {
  if (typeof value === 'number') return new Map([[path, value]]);
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...numbersOf(inner, `${path}.${key}`)]));
}

function expectClose(one: unknown, other: unknown): void {
  const numbers = numbersOf(one);
  const others = numbersOf(other);
  expect([...others.keys()]).toEqual([...numbers.keys()]);
  for (const [path, number] of numbers) {
    const tolerance = 1e-6 * Math.max(1, Math.abs(number));
    expect({ path, off: Math.abs(number - (others.get(path) ?? Infinity)) > tolerance }).toEqual({
      path,
      off: false,
    });
  }
}

function scoresOf(detector: SeriesDetector, points: readonly Point[]): readonly number[] {
  return points.map(({ atMs, value }) => detector.observe(atMs, value).score);
}

const parts = fc.tuple(
  fc.integer({ min: 0, max: 400 }),
  fc.integer({ min: 0, max: 400 }),
  fc.integer({ min: 0, max: 400 }),
  fc.integer(),
);

describe.each(DETECTOR_NAMES)('mergeSnapshots of %s', (name) => {
  it('is associative', () => {
    fc.assert(
      fc.property(parts, ([one, two, three, seed]) => {
        const points = course(one + two + three, seed);
        const a = watch(name, points.slice(0, one));
        const b = watch(name, points.slice(one, one + two));
        const c = watch(name, points.slice(one + two));
        expectClose(mergeSnapshots(mergeSnapshots(a, b), c), mergeSnapshots(a, mergeSnapshots(b, c)));
      }),
      { numRuns: 25 },
    );
  });

  it('changes nothing by an empty part', () => {
    const snapshot = watch(name, course(200));
    const empty = watch(name, []);
    // A merged forest is grown anew at the next point.
    const state = {
      ...(snapshot.state as object),
      ...(name === 'isolation-forest' && { grownFrom: null, grownAt: 0 }),
    };
    for (const merged of [mergeSnapshots(snapshot, empty), mergeSnapshots(empty, snapshot)])
      expect(merged.state).toEqual(state);
  });

  it('goes on after both parts much as one pass would', () => {
    const points = course(3000, 5);
    const whole = restoreDetector(watch(name, points.slice(0, 2000)));
    const merged = restoreDetector(
      JSON.parse(
        JSON.stringify(
          mergeSnapshots(watch(name, points.slice(0, 900)), watch(name, points.slice(900, 2000))),
        ),
      ),
    );
    const usual = scoresOf(whole, points.slice(2000));
    const differences = scoresOf(merged, points.slice(2000)).map((score, at) =>
      Math.abs(score - (usual[at] ?? 0)),
    );
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    expect(mean).toBeLessThan(MEAN_DIFFERENCE[name]);
  });

  it('refuses parts that are not one after the other', () => {
    const points = course(200);
    expect(() => mergeSnapshots(watch(name, points), watch(name, points.slice(150)))).toThrow(
      'begins before the earlier one ends',
    );
  });
});

/** How far scores of 0 to 1 may be apart on average, docs/analysis-anomalies.md gives the reasons. */
const MEAN_DIFFERENCE: Record<DetectorName, number> = {
  adaptive: 0.02,
  'z-score': 1e-9,
  'robust-z': 1e-9,
  'isolation-forest': 0.05,
  'seasonal-baseline': 0.05,
  'level-shift': 1e-9,
  'flat-line': 1e-9,
};

describe('mergeSnapshots', () => {
  it('refuses two methods, and what is no snapshot', () => {
    const one = watch('z-score', course(50));
    expect(() => mergeSnapshots(one, watch('robust-z', []))).toThrow('two methods');
    expect(() => mergeSnapshots(one, {})).toThrow(DetectorStateError);
    expect(() => mergeSnapshots(one, { ...one, state: {} })).toThrow('no state of z-score');
  });

  it('sees a standstill across the border', () => {
    const still = course(400).map(({ atMs, value }, index) => ({ atMs, value: index > 300 ? 70 : value }));
    const merged = restoreDetector(
      mergeSnapshots(watch('flat-line', still.slice(0, 320)), watch('flat-line', still.slice(320, 340))),
    );
    expect(merged.observe(START + 340 * STEP_MS, 70).why).toMatch(/^stands still at 70 for 40 points/);
  });

  it('gives adaptive the silence after a report of the later part', () => {
    const points = course(1000).map(({ atMs, value }, index) => ({
      atMs,
      value: index >= 900 ? 5000 : Math.min(value, 200),
    }));
    const merged = restoreDetector(
      mergeSnapshots(watch('adaptive', points.slice(0, 500)), watch('adaptive', points.slice(500, 905))),
    );
    expect(merged.observe(START + 905 * STEP_MS, 5000).state).not.toBe('anomalous');
  });
});
