import fc from 'fast-check';
import { comparePatterns, poissonContrast } from './compare-patterns';
import type { PatternInput } from './root-cause';

const pattern = (baselineCount: number, incidentCount: number, ref = 'p'): PatternInput => ({
  ref,
  serviceName: 'checkout',
  level: 'error',
  text: 'timeout',
  baselineCount,
  incidentCount,
});
const minutes = (count: number): number => count * 60_000;
const trendOf = (before: number, after: number, baselineMinutes = 10, incidentMinutes = 10) =>
  comparePatterns({
    baselineMs: minutes(baselineMinutes),
    incidentMs: minutes(incidentMinutes),
    patterns: [pattern(before, after)],
  })[0]?.trend;

describe('comparePatterns', () => {
  it.each([
    [0, 0, 'steady'],
    [0, 1, 'steady'],
    [0, 2, 'new'],
    [0, 500, 'new'],
    [100, 105, 'steady'],
    [100, 180, 'risen'],
    [10_000, 10_900, 'steady'],
    [180, 100, 'fallen'],
    [100, 0, 'gone'],
    [2, 0, 'steady'],
    [Number.NaN, -3, 'steady'],
  ])('%d before and %d after is %s', (before, after, trend) => {
    expect(trendOf(before, after)).toBe(trend);
  });

  it('compares rates, not counts', () => {
    expect(trendOf(600, 100, 60, 10)).toBe('steady');
    expect(trendOf(100, 100, 60, 10)).toBe('risen');
    expect(trendOf(100, 100, 10, 60)).toBe('fallen');
  });

  it('says nothing of windows without length', () => {
    expect(trendOf(3, 9, 0, 10)).toBe('steady');
    expect(trendOf(3, 9, 10, 0)).toBe('steady');
  });

  it('gives rates, and an infinite ratio for what is new', () => {
    const found = comparePatterns({
      baselineMs: minutes(10),
      incidentMs: minutes(5),
      patterns: [pattern(20, 40)],
    })[0];
    expect(found).toMatchObject({ baselinePerMinute: 2, incidentPerMinute: 8, ratio: 4 });
    const news = comparePatterns({
      baselineMs: minutes(10),
      incidentMs: minutes(5),
      patterns: [pattern(0, 40)],
    })[0];
    expect(news?.ratio).toBe(Infinity);
  });

  it('puts the most significant first, whatever the order of the input', () => {
    const patterns = [pattern(5, 6, 'a'), pattern(0, 90, 'b'), pattern(90, 0, 'c'), pattern(10, 30, 'd')];
    fc.assert(
      fc.property(fc.shuffledSubarray(patterns, { minLength: 4 }), (shuffled) => {
        const refs = comparePatterns({ baselineMs: 1, incidentMs: 1, patterns: shuffled }).map(
          (found) => found.pattern.ref,
        );
        return refs.join('') === 'bcda';
      }),
    );
  });
});

describe('poissonContrast', () => {
  it('changes its sign with the windows', () => {
    const count = fc.nat(10_000);
    const length = fc.integer({ min: 1, max: 1e7 });
    fc.assert(
      fc.property(count, length, count, length, (before, beforeMs, after, afterMs) => {
        expect(poissonContrast(before, beforeMs, after, afterMs)).toBeCloseTo(
          -poissonContrast(after, afterMs, before, beforeMs),
          4,
        );
      }),
    );
  });

  it('agrees with the exact binomial tail', () => {
    // 15 of 20 in one of two equal windows: two-sided p = 0.0414, a normal score of 2.04; the signed root is a little sharper.
    expect(poissonContrast(5, 1, 15, 1)).toBeCloseTo(2.287, 2);
  });
});
