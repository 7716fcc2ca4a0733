import type { Point } from '../prepare-series';
import type { PointJudgement } from './anomaly';
import { createDetector, DETECTOR_NAMES } from './create-detector';
import { judgePoints } from './judge-points';
import { SeededRandom } from './seeded-random';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;

function series(count: number, valueAt: (index: number, noise: number) => number): Point[] {
  const random = new SeededRandom(7);
  return Array.from({ length: count }, (_, index) => ({
    atMs: START + index * MINUTE,
    value: valueAt(index, random.next()),
  }));
}

const ordinary = series(600, (index, noise) => 100 + 10 * Math.sin(index / 40) + noise);

/** What must hold for any input: a judgement a point, a score from 0 to 1, finite bands, and a reason with every anomaly. */
function expectSound(judgements: readonly PointJudgement[], points: readonly Point[]): void {
  expect(judgements).toHaveLength(points.length);
  for (const { score, band, state, why } of judgements) {
    expect(score).toBeGreaterThanOrEqual(0);
    expect(score).toBeLessThanOrEqual(1);
    for (const value of band === undefined ? [] : Object.values(band)) expect(value).not.toBeNaN();
    expect(state === 'anomalous' && why === '').toBe(false);
  }
}

function anomalies(judgements: readonly PointJudgement[]): number {
  return judgements.filter(({ state }) => state === 'anomalous').length;
}

const INPUTS: readonly (readonly [what: string, points: readonly Point[]])[] = [
  ['no point at all', []],
  ['one point', ordinary.slice(0, 1)],
  ['a constant', series(600, () => 7)],
  ['nothing but NaN', series(50, () => Number.NaN)],
  ['NaN among values', series(600, (index, noise) => (index % 7 === 0 ? Number.NaN : noise))],
  ['infinities among values', series(600, (index, noise) => (index % 9 === 0 ? -Infinity : noise))],
  [
    'times that are NaN',
    ordinary.map((point, index) => (index % 5 === 0 ? { ...point, atMs: Number.NaN } : point)),
  ],
  ['unsorted times', [...ordinary].reverse()],
  ['each time twice', ordinary.flatMap((point) => [point, point])],
  ['all points at one instant', ordinary.map((point) => ({ ...point, atMs: START }))],
  [
    'a gap of a year',
    ordinary.map((point, index) => (index < 300 ? point : { ...point, atMs: point.atMs + 525_600 * MINUTE })),
  ],
  [
    'values of 1e308 and -1e308',
    series(600, (index, noise) => (index % 50 === 0 ? 1e308 : index % 50 === 25 ? -1e308 : noise)),
  ],
  ['nothing but 1e308', series(600, (_, noise) => 1e308 * (0.9 + noise / 10))],
  ['subnormal values', series(600, (_, noise) => 5e-324 * Math.round(100 * noise))],
  ['times before 1970', ordinary.map((point) => ({ ...point, atMs: point.atMs - START - 40 * 86_400_000 }))],
  ['a counter with resets', series(600, (index, noise) => (index % 290) * 50 + noise)],
];

describe.each(INPUTS)('judging %s', (_what, points) => {
  it.each(DETECTOR_NAMES)('is sound by %s', (name) => {
    expectSound(judgePoints(points, createDetector(name)), points);
  });
});

describe('bad input', () => {
  it.each(DETECTOR_NAMES)('finds nothing in no point, one point and a constant by %s', (name) => {
    for (const points of [[], ordinary.slice(0, 1), series(600, () => 7)])
      expect(anomalies(judgePoints(points, createDetector(name)))).toBe(0);
  });

  it.each(DETECTOR_NAMES)('judges the other points as if broken ones were not there, by %s', (name) => {
    const broken = ordinary.flatMap((point, index) =>
      index % 10 === 3 ? [{ ...point, value: Number.NaN }, { ...point, value: Infinity }, point] : [point],
    );
    const whole = judgePoints(ordinary, createDetector(name));
    const judged = judgePoints(broken, createDetector(name)).filter(({ state }) => state !== 'missing');
    expect(judged).toEqual(whole);
  });

  it('adaptive finds nothing in ten quiet days', () => {
    const quiet = series(
      14_400,
      (index, noise) => 50 + 20 * Math.sin((2 * Math.PI * index) / 1440) + 5 * noise,
    );
    expect(anomalies(judgePoints(quiet, createDetector('adaptive')))).toBe(0);
  });

  it('adaptive is not upset by a spike of 1e308 for good', () => {
    const points = ordinary.map((point, index) => (index === 300 ? { ...point, value: 1e308 } : point));
    const judged = judgePoints(points, createDetector('adaptive'));
    expect(judged[300]?.state).toBe('anomalous');
    expectSound(judged, points);
  });
});
