import { asId, type Fingerprint } from '../../../core/src/common/ids';
import { fingerprintPortions } from './log-volume';

describe('fingerprintPortions', () => {
  it.each([
    ['an hour by minute', 3_600_000, 60, 500, [500]],
    ['2,000 buckets', 2_000_000, 1, 100, [31, 31, 31, 7]],
    ['all of time by second', 8.64e15, 1, 2, [1, 1]],
    ['nothing asked', 3_600_000, 60, 0, []],
  ])('takes as many as one answer may hold: %s', (_, toMs, bucketSeconds, count, expected) => {
    const fingerprints = Array.from({ length: count }, (_one, index) => asId<Fingerprint>(`f${index}`));
    const portions = fingerprintPortions(fingerprints, { fromMs: 0, toMs }, bucketSeconds);
    expect(portions.map(({ length }) => length)).toEqual(expected);
    expect(portions.flat()).toEqual(fingerprints);
  });
});
