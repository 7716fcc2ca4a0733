import fc from 'fast-check';
import { OpsError } from '../../core/src/common/errors';
import { MAX_BUCKETS, chooseBucketSeconds, parseInstant, toTimeRange } from './common.contract';

const NOW = Date.parse('2026-01-15T12:00:00Z');

describe('parseInstant', () => {
  it.each<[string, ReturnType<typeof parseInstant>]>([
    ['now', { fromNowMs: 0 }],
    ['now-15m', { fromNowMs: -900_000 }],
    ['now+1h30m', { fromNowMs: 5_400_000 }],
    ['now 1h', { fromNowMs: 3_600_000 }],
    ['2026-01-15T12:00:00Z', { atMs: NOW }],
    ['2026-01-15T13:00:00+01:00', { atMs: NOW }],
    ['2026-01-15T13:00:00 01:00', { atMs: NOW }],
    ['2026-01-15T12:00:00.123456789Z', { atMs: NOW + 123 }],
    ['2026-01-15', { atMs: NOW - 43_200_000 }],
    ['', undefined],
    ['yesterday', undefined],
    ['now-', undefined],
    ['now-15', undefined],
    ['1768478400', undefined],
    ['2026-02-30T00:00:00Z', undefined],
  ])('reads %j', (written, expected) => {
    expect(parseInstant(written)).toEqual(expected);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (written) => void parseInstant(written)));
  });
});

describe('toTimeRange', () => {
  it('is the last hour, or the hour before a named end', () => {
    expect(toTimeRange({}, NOW)).toEqual({ fromMs: NOW - 3_600_000, toMs: NOW });
    expect(toTimeRange({ end_time: { atMs: 5_000_000 } }, NOW)).toEqual({
      fromMs: 1_400_000,
      toMs: 5_000_000,
    });
  });

  it('ends at the first and the last instant that a record can have, however far it is asked to reach', () => {
    const range = toTimeRange({ start_time: { fromNowMs: -1e20 }, end_time: { fromNowMs: 1e20 } }, NOW);
    expect(range.fromMs).toBe(0);
    expect(new Date(range.toMs).getUTCFullYear()).toBe(2262);
  });

  it('refuses a range that holds nothing', () => {
    expect(() => toTimeRange({ start_time: { atMs: 5 }, end_time: { atMs: 5 } }, NOW)).toThrow(OpsError);
  });
});

describe('chooseBucketSeconds', () => {
  it('never makes more buckets than are allowed', () => {
    const widths = fc.option(fc.integer({ min: 1, max: 31 * 86_400 }), { nil: undefined });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9e12 }), widths, (lengthMs, asked) => {
        try {
          const width = chooseBucketSeconds({ fromMs: 0, toMs: lengthMs }, asked);
          expect(lengthMs / 1000 / width).toBeLessThanOrEqual(MAX_BUCKETS);
          expect(Number.isInteger(width) && width >= 1).toBe(true);
        } catch (error) {
          expect(asked).toBeDefined();
          expect(error).toBeInstanceOf(OpsError);
        }
      }),
    );
  });

  it('shows an hour by the minute, which the stores have counted ahead', () => {
    expect(chooseBucketSeconds({ fromMs: 0, toMs: 3_600_000 }, undefined)).toBe(60);
  });
});
