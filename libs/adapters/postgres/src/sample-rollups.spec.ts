import { testServerUrl } from '../../../../test/support/test-database';
import type { Aggregation } from '../../../core/src/metrics/metric-query';
import { createPool } from './pool';
import { chooseRollup, isBehind, type RollupRange } from './sample-rollups';
import { ROLLUPS } from './timescale-samples';

const [BY_MINUTE, BY_HOUR] = ROLLUPS;
const NOON = Date.parse('2026-03-10T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MINUTES = (fromMs: number, toMs: number) => ({ rollup: BY_MINUTE, inner: { fromMs, toMs } });
const HOURS = (fromMs: number, toMs: number) => ({ rollup: BY_HOUR, inner: { fromMs, toMs } });

describe('chooseRollup', () => {
  it.each<[string, number, number, number, Aggregation, RollupRange | undefined]>([
    ['an hour by minute', NOON, NOON + HOUR, 60, 'avg', MINUTES(NOON, NOON + HOUR)],
    ['a day by hour', NOON + 1, NOON + DAY + 1, 3600, 'max', HOURS(NOON + HOUR, NOON + DAY)],
    ['a few hours by hour', NOON, NOON + 3 * HOUR, 3600, 'max', MINUTES(NOON, NOON + 3 * HOUR)],
    ['a day by 90 minutes', NOON, NOON + DAY, 5400, 'sum', MINUTES(NOON, NOON + DAY)],
    [
      'edges within minutes',
      NOON + 1,
      NOON + HOUR - 1,
      300,
      'last',
      MINUTES(NOON + MINUTE, NOON + HOUR - MINUTE),
    ],
    ['buckets of seconds', NOON, NOON + HOUR, 30, 'avg', undefined],
    ['buckets of a minute and a half', NOON, NOON + HOUR, 90, 'avg', undefined],
    ['a short range', NOON, NOON + 9 * MINUTE, 60, 'avg', undefined],
    ['quantiles', NOON, NOON + DAY, 3600, 'p95', undefined],
  ])('answers %s', (_case, fromMs, toMs, bucketSeconds, aggregation, expected) => {
    expect(chooseRollup({ range: { fromMs, toMs }, bucketSeconds, aggregation })).toEqual(expected);
  });
});

describe('isBehind', () => {
  it('takes a rollup to be behind where it cannot tell', async () => {
    const url = testServerUrl();
    const pool = createPool({ url, size: 1, statementTimeoutMs: 5000, applicationName: 'test' });
    try {
      expect(await isBehind(pool, MINUTES(NOON, NOON + HOUR))).toBe(true);
    } finally {
      await pool.end();
    }
  });
});
