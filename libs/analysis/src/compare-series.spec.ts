import fc from 'fast-check';
import { compareSeries } from './compare-series';

const STEP = 10_000;
const BASELINE = { fromMs: 0, toMs: 60 * STEP };
const INCIDENT = { fromMs: 60 * STEP, toMs: 90 * STEP };

const toPoints = (values: readonly number[]) => values.map((value, index) => ({ atMs: index * STEP, value }));
const wave = (index: number): number => 100 + 5 * Math.sin(index * 2.4) + 3 * Math.sin(index * 1.1);
const values = (after: (index: number) => number) =>
  Array.from({ length: 90 }, (_, index) => (index < 65 ? wave(index) : after(index)));
const compare = (points: readonly { atMs: number; value: number }[], metricName = 'm') =>
  compareSeries({ metricName, points, baseline: BASELINE, incident: INCIDENT });

describe('compareSeries', () => {
  it('finds a shift, its direction, its size and its onset', () => {
    const found = compare(toPoints(values((index) => wave(index) + 80)));
    expect(found).toMatchObject({ outcome: 'departed', direction: 'up', onsetMs: 65 * STEP, isRate: false });
    if (found.outcome === 'too-short') throw new Error('too short');
    expect(found.expected).toBeGreaterThan(95);
    expect(found.expected).toBeLessThan(105);
    expect(found.observed).toBeGreaterThan(180);
    expect(compare(toPoints(values((index) => wave(index) - 60)))).toMatchObject({
      outcome: 'departed',
      direction: 'down',
    });
  });

  it.each([
    ['the same wave', values(wave)],
    ['a constant', values(() => 7).map(() => 7)],
    ['nothing but zeros', values(() => 0).map(() => 0)],
    ['a change in the last digit', values(() => 0).map((_, index) => (index < 65 ? 1_000 : 1_001))],
    ['one spike', values((index) => (index === 70 ? 900 : wave(index)))],
    [
      'a change of eight percent of a still series',
      values(() => 0).map((_, index) => (index < 65 ? 100 : 108)),
    ],
  ])('leaves %s alone', (_name, series) => {
    expect(compare(toPoints(series)).outcome).toBe('steady');
  });

  it('tells the onset of a long climb by its beginning', () => {
    const found = compare(toPoints(values((index) => wave(index) + 40 * (index - 64))));
    if (found.outcome === 'too-short') throw new Error('too short');
    expect(found.onsetMs).toBeLessThan(69 * STEP);
  });

  it('tells the onset of a short window by the first value that is nearer to the new level', () => {
    const short = { metricName: 'm', baseline: BASELINE, incident: { fromMs: 60 * STEP, toMs: 65 * STEP } };
    const points = toPoints(Array.from({ length: 65 }, (_, index) => (index < 62 ? wave(index) : 300)));
    expect(compareSeries({ ...short, points })).toMatchObject({ outcome: 'departed', onsetMs: 62 * STEP });
  });

  it('finds what rises from nothing, with a bounded score', () => {
    const found = compare(toPoints(values(() => 3).map((value, index) => (index < 65 ? 0 : value))));
    expect(found).toMatchObject({
      outcome: 'departed',
      direction: 'up',
      expected: 0,
      observed: 3,
      onsetMs: 65 * STEP,
    });
    if (found.outcome === 'departed') expect(found.score).toBeLessThanOrEqual(100);
  });

  it('takes what lies between the reference and the time right before for normal', () => {
    const base = { metricName: 'm', baseline: BASELINE, incident: INCIDENT };
    const points = toPoints(values((index) => wave(index) + 80));
    const reference = toPoints(values(wave).map((value) => value + 80));
    expect(compareSeries({ ...base, points }).outcome).toBe('departed');
    expect(compareSeries({ ...base, points, reference }).outcome).toBe('steady');
    expect(
      compareSeries({ ...base, points: toPoints(values((index) => wave(index) + 300)), reference }),
    ).toMatchObject({
      outcome: 'departed',
      direction: 'up',
    });
  });

  it('honours minimum deviations', () => {
    const points = toPoints(values((index) => wave(index) + 80));
    const base = { metricName: 'm', points, baseline: BASELINE, incident: INCIDENT };
    expect(compareSeries({ ...base, minDeviation: 200 }).outcome).toBe('steady');
    expect(compareSeries({ ...base, minRelativeDeviation: 2 }).outcome).toBe('steady');
  });

  it('says that a series is too short', () => {
    expect(compare([])).toEqual({ outcome: 'too-short', baselinePoints: 0, incidentPoints: 0 });
    expect(compare(toPoints(values(wave)).slice(59))).toMatchObject({
      outcome: 'too-short',
      baselinePoints: 1,
      incidentPoints: 30,
    });
    expect(compare(toPoints(values(wave)).slice(0, 60))).toMatchObject({
      outcome: 'too-short',
      incidentPoints: 0,
    });
  });

  it('takes unsorted and doubled points, gaps and broken values', () => {
    const clean = toPoints(values((index) => wave(index) + 80));
    const expected = JSON.stringify(compare(clean));
    const dirty = [
      ...clean,
      ...clean,
      { atMs: 5, value: Number.NaN },
      { atMs: Number.NaN, value: 5 },
      { atMs: 7, value: Infinity },
    ];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(dirty, { minLength: dirty.length }),
        (points) => JSON.stringify(compare(points)) === expected,
      ),
      { numRuns: 30 },
    );
    expect(compare(clean.filter((_, index) => index % 3 !== 0))).toMatchObject({
      outcome: 'departed',
      direction: 'up',
    });
  });

  it('reads counters as rates and survives their resets', () => {
    let total = 0;
    const points = Array.from({ length: 90 }, (_, index) => {
      total = index === 30 || index === 75 ? 0 : total + (index < 65 ? 100 + (index % 7) : 900);
      return { atMs: index * STEP, value: total };
    });
    expect(compare(points, 'http_requests_total')).toMatchObject({
      outcome: 'departed',
      direction: 'up',
      isRate: true,
    });
    expect(compare(points.slice(0, 65).concat(points.slice(0, 0)), 'http_requests_total').outcome).not.toBe(
      'departed',
    );
  });

  it('reads the rate of a counter whose samples lie unevenly in their buckets', () => {
    const points = Array.from({ length: 60 }, (_, index) => ({
      atMs: Math.floor((index * 15_000) / STEP) * STEP,
      value: index * 150,
    }));
    const found = compare(points, 'http_requests_total');
    expect(found).toMatchObject({ outcome: 'steady', isRate: true, expected: 10, level: 10, observed: 10 });
  });

  it('gives the same score in another unit', () => {
    const points = toPoints(values((index) => wave(index) + 80));
    const scoreOf = (scale: number) => {
      const found = compare(points.map(({ atMs, value }) => ({ atMs, value: value * scale })));
      return found.outcome === 'departed' ? found.score : 0;
    };
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (scale) => Math.abs(scoreOf(scale) / scoreOf(1) - 1) < 1e-6,
      ),
    );
  });

  it('counts a departure less, the smaller it is beside the level', () => {
    const scoreAt = (shift: number) => {
      const found = compare(toPoints(values((index) => wave(index) + 80).map((value) => value + shift)));
      return found.outcome === 'too-short' ? Number.NaN : found.score;
    };
    expect(scoreAt(100)).toBeLessThan(scoreAt(0));
    expect(scoreAt(10_000)).toBeLessThan(1);
  });

  it('gives finite figures for any finite values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), {
          minLength: 70,
          maxLength: 90,
        }),
        (any) => {
          const found = compare(toPoints(any));
          if (found.outcome === 'too-short') return;
          expect(Number.isFinite(found.score)).toBe(true);
          expect(Number.isFinite(found.onsetMs)).toBe(true);
        },
      ),
    );
  });
});
