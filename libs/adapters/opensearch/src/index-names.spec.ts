import fc from 'fast-check';
import { encodeLogId } from '../../../core/src/logs/log-id';
import { timesOfLogId } from './document-id';
import { LogIndexNames } from './index-names';

const DAY_MS = 86_400_000;
const names = new LogIndexNames('logs');

function indexOf(timestamp: string, received: string): string | undefined {
  const id = encodeLogId({
    timestampNs: BigInt(Date.parse(timestamp)) * 1_000_000n,
    receivedAtMs: Date.parse(received),
    index: 0,
    hash: '0123456789',
  });
  const days = timesOfLogId(Buffer.from(` ${id}`), 1);
  return days === undefined ? undefined : names.of(days);
}

describe('LogIndexNames', () => {
  it.each([
    ['2026-03-10T00:00:00.000Z', '2026-03-10T00:00:01.000Z', 'logs-day-2026.03.10'],
    ['2026-03-10T23:59:59.999Z', '2026-03-12T00:00:01.000Z', 'logs-day-2026.03.10'],
    ['2026-03-11T00:09:59.000Z', '2026-03-10T23:59:59.999Z', 'logs-day-2026.03.11'],
    ['2026-02-07T00:00:00.000Z', '2026-03-10T23:00:00.000Z', 'logs-day-2026.02.07'],
    ['2026-02-06T23:59:59.999Z', '2026-03-10T00:00:00.000Z', 'logs-year-2026'],
    ['2026-03-12T00:00:00.000Z', '2026-03-10T12:00:00.000Z', 'logs-year-2026'],
    ['2005-06-03T15:42:50.363Z', '2026-03-10T12:00:00.000Z', 'logs-year-2005'],
    ['1970-01-01T00:00:00.000Z', '2026-03-10T12:00:00.000Z', 'logs-year-1970'],
    ['2262-04-11T23:47:16.854Z', '2026-03-10T12:00:00.000Z', 'logs-year-2262'],
  ])('keeps a record of %s that came at %s in %s', (timestamp, received, expected) => {
    expect(indexOf(timestamp, received)).toBe(expected);
  });

  it('knows no index for what is no log id', () => {
    for (const text of ['', 'x', 'z'.repeat(36), '8'.padEnd(36, '0'), 'A'.padEnd(36, '0')])
      expect(timesOfLogId(Buffer.from(text), 0)).toBeUndefined();
  });

  it('knows the second of the day, to the nanosecond', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.constantFrom(0n, 999_999_999n),
        (ns, rest) => {
          const timestampNs = (ns / 1_000_000_000n) * 1_000_000_000n + rest;
          fc.pre(timestampNs < 2n ** 63n);
          const id = encodeLogId({ timestampNs, receivedAtMs: 0, index: 0, hash: '0123456789' });
          expect(timesOfLogId(Buffer.from(id), 0)).toMatchObject({
            timestampDay: Number(timestampNs / 86_400_000_000_000n),
            secondOfDay: Number((timestampNs / 1_000_000_000n) % 86_400n),
          });
        },
      ),
    );
  });

  it('names the indices of a range: its days and their years, or all of them where it is long', () => {
    const from = Date.parse('2025-12-31T12:00:00Z');
    expect(names.covering({ fromMs: from, toMs: from + DAY_MS })).toEqual([
      'logs-day-2025.12.31',
      'logs-year-2025',
      'logs-day-2026.01.01',
      'logs-year-2026',
    ]);
    const midnight = Date.parse('2026-01-01T00:00:00Z');
    expect(names.covering({ fromMs: midnight - 1, toMs: midnight })).toEqual([
      'logs-day-2025.12.31',
      'logs-year-2025',
    ]);
    expect(names.covering({ fromMs: -8.64e15, toMs: 8.64e15 })).toEqual(['logs-day-*', 'logs-year-*']);
    expect(names.covering({ fromMs: from, toMs: from })).toHaveLength(2);
    expect(names.covering({ fromMs: 9e15, toMs: 9e15 + 1 })).toEqual([
      'logs-day-2262.04.11',
      'logs-year-2262',
    ]);
  });

  it.each([
    ['logs-day-2026.03.10', '2026-03-11T00:00:00.000Z'],
    ['logs-year-2005', '2006-01-01T00:00:00.000Z'],
  ])('knows when %s ends', (name, end) => {
    expect(names.endOf(name)).toBe(Date.parse(end));
  });

  it('knows no end of other indices', () => {
    for (const name of ['logs-day-x', 'logs', 'other-day-2026.03.10', 'logs-day-2026.03.10-1'])
      expect(names.endOf(name)).toBeUndefined();
  });
});
