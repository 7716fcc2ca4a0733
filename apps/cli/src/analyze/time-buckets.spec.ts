import fc from 'fast-check';
import { TimeBuckets, sparkline } from './time-buckets';

describe('TimeBuckets', () => {
  it('counts every instant, in any order, in a bounded number of buckets', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e13, max: 1e13 }), { minLength: 1 }), (times) => {
        const buckets = new TimeBuckets();
        for (const time of times) buckets.add(time % 2 === 0 ? 'even' : 'odd', time);
        const sum = buckets.sum(['even', 'odd']);
        expect(sum.length).toBeLessThanOrEqual(48);
        expect(sum.reduce((total, count) => total + count, 0)).toBe(times.length);
        expect(buckets.range).toEqual({ fromMs: Math.min(...times), toMs: Math.max(...times) });
      }),
    );
  });

  it('has nothing to say where no line tells a time', () => {
    const buckets = new TimeBuckets();
    buckets.add('a', NaN);
    expect(buckets.range).toBeUndefined();
    expect(buckets.sum(['a'])).toEqual([]);
  });
});

describe('sparkline', () => {
  it.each([
    [[], ''],
    [[0, 1, 8], ' ▁█'],
    [[4, 4], '██'],
    [[1, 1, 0, 0, 4, 4], '▂ █'],
  ])('draws %j as %j', (counts, line) => {
    expect(sparkline(counts, 3)).toBe(line);
  });
});
