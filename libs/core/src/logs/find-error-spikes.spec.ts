import { findErrorSpikes } from './find-error-spikes';

function spikesOf(counts: readonly number[]): readonly number[] {
  const { buckets } = findErrorSpikes(counts.map((count, index) => ({ startMs: index, count })));
  return buckets.flatMap(({ startMs, isSpike }) => (isSpike ? [startMs] : []));
}

describe('findErrorSpikes', () => {
  it.each<[string, number[], number[]]>([
    ['no buckets', [], []],
    ['silence', [0, 0, 0, 0], []],
    ['a few errors in silence', [0, 0, 4, 0, 0], []],
    ['many errors in silence', [0, 0, 40, 0, 0], [2]],
    ['a steady rate', [50, 52, 49, 51, 50], []],
    ['a burst on a steady rate', [50, 52, 49, 400, 51, 380, 50], [3, 5]],
    ['a rate that varies a lot', [5, 60, 20, 100, 10, 70], []],
  ])('finds the right buckets for %s', (_name, counts, expected) => {
    expect(spikesOf(counts)).toEqual(expected);
  });

  it('says where its threshold comes from', () => {
    const spikes = findErrorSpikes([{ startMs: 0, count: 10 }]);
    expect(spikes).toMatchObject({ baseline: 10, threshold: 20 });
    expect(spikes.reason).toContain('twice the median (20)');
    const even = findErrorSpikes([30, 10, 40, 20].map((count, startMs) => ({ startMs, count })));
    // Deviations of 5, 15, 15 and 5 from 25: 25 + 3 * 1.4826 * 10.
    expect(even).toMatchObject({ baseline: 25, threshold: 69.48 });
  });
});
