import { bucketStarts } from './time-buckets';

describe('bucketStarts', () => {
  it.each([
    ['an aligned range', 0, 180_000, [0, 60_000, 120_000]],
    ['a range that begins and ends inside buckets', 61_000, 121_000, [60_000, 120_000]],
    ['a range within one bucket', 61_000, 62_000, [60_000]],
    ['an empty range', 60_000, 60_000, []],
    ['a range before 1970', -1, 1, [-60_000, 0]],
  ])('covers %s', (_case, fromMs, toMs, starts) => {
    expect(bucketStarts({ fromMs, toMs }, 60)).toEqual(starts);
  });
});
