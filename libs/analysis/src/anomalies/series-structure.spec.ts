import fc from 'fast-check';
import { BlockMaxima } from './block-maxima';
import { findSeasons } from './find-seasons';
import { findTrendChange } from './find-trend-change';
import { SeededRandom } from './seeded-random';
import { type Moments, mergeMoments, ZScoreDetector } from './z-score-detector';

function momentsOf(values: readonly number[]): Moments {
  const detector = new ZScoreDetector();
  values.forEach((value, index) => detector.observe(index, value));
  return detector.state().moments;
}

describe('findSeasons', () => {
  const random = new SeededRandom(4);
  it.each([7, 24, 60, 288])('finds a period of %d points under noise and spikes', (period) => {
    const values = Array.from(
      { length: 1500 },
      (_, index) =>
        Math.sin((2 * Math.PI * index) / period) + 0.4 * random.next() + (index % 211 === 0 ? 50 : 0),
    );
    expect(Math.abs((findSeasons(values)[0]?.periodPoints ?? 0) - period)).toBeLessThanOrEqual(
      1 + period / 100,
    );
  });

  it('finds none in noise, in a slope, in a constant and in little', () => {
    expect(findSeasons(Array.from({ length: 1000 }, () => random.next()))).toEqual([]);
    expect(findSeasons(Array.from({ length: 1000 }, (_, index) => index))).toEqual([]);
    expect(findSeasons(new Array<number>(1000).fill(3))).toEqual([]);
    expect(findSeasons([1, 2, 1, 2])).toEqual([]);
  });
});

describe('findTrendChange', () => {
  it('finds where a slope turns', () => {
    const random = new SeededRandom(4);
    const values = Array.from({ length: 100 }, (_, index) => random.next() + 3 * Math.max(0, index - 60));
    const change = findTrendChange(values);
    expect(Math.abs((change?.index ?? 0) - 60)).toBeLessThanOrEqual(2);
    expect(change?.slopeAfter).toBeCloseTo(3, 1);
    expect(change?.evidence).toBeGreaterThan(30);
  });

  it('finds none on a straight line', () => {
    expect(findTrendChange(Array.from({ length: 50 }, (_, index) => index))?.evidence ?? -1).toBeLessThan(0);
    expect(findTrendChange([1, 2, 3])).toBeUndefined();
  });
});

describe('mergeMoments', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 50 });

  it('gives what one pass over all points gives, in any grouping', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const whole = momentsOf([...a, ...b, ...c]);
        const left = mergeMoments(mergeMoments(momentsOf(a), momentsOf(b)), momentsOf(c));
        const right = mergeMoments(momentsOf(a), mergeMoments(momentsOf(b), momentsOf(c)));
        for (const merged of [left, right]) {
          expect(merged.count).toBe(whole.count);
          expect(Math.abs(merged.mean - whole.mean)).toBeLessThan(1e-6);
          expect(Math.abs(merged.squares - whole.squares)).toBeLessThan(1e-6 * (1 + whole.squares));
        }
      }),
    );
  });
});

describe('BlockMaxima', () => {
  it('remembers the maxima of equal blocks, at most 64, whatever the length', () => {
    const maxima = new BlockMaxima();
    for (let index = 0; index < 100_000; index += 1) maxima.add(index * 1000, index % 1000 === 0 ? 10 : 1);
    expect(maxima.state().blocks.length).toBeLessThanOrEqual(64);
    expect(maxima.surprise(10)).toBe(0);
    expect(maxima.surprise(11)).toBeGreaterThan(2);
  });

  it('is not surprised before it knows five blocks', () => {
    const maxima = new BlockMaxima();
    [1, 2, 1, 2].forEach((magnitude, index) => maxima.add(index, magnitude));
    expect(maxima.surprise(1000)).toBe(0);
  });
});
