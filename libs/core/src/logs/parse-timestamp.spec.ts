import fc from 'fast-check';
import { parseTimestamp } from './parse-timestamp';

function read(input: unknown): string {
  const parsed = parseTimestamp(input);
  return typeof parsed === 'string' ? parsed : parsed.timestamp;
}

describe('parseTimestamp', () => {
  it.each<[string, unknown, string]>([
    ['the canonical form', '2024-01-01T12:00:00.000Z', '2024-01-01T12:00:00.000Z'],
    ['no fraction', '2024-01-01T12:00:00Z', '2024-01-01T12:00:00.000Z'],
    ['one digit', '2024-01-01T12:00:00.5Z', '2024-01-01T12:00:00.500Z'],
    ['four digits', '2024-01-01T12:00:00.1234Z', '2024-01-01T12:00:00.123400Z'],
    ['microseconds', '2024-01-01T12:00:00.123456Z', '2024-01-01T12:00:00.123456Z'],
    ['nanoseconds', '2024-01-01T12:00:00.123456789Z', '2024-01-01T12:00:00.123456789Z'],
    ['more digits than count', '2024-01-01T12:00:00.1234567891Z', '2024-01-01T12:00:00.123456789Z'],
    ['an offset east', '2024-01-01T12:00:00+05:30', '2024-01-01T06:30:00.000Z'],
    ['an offset west without colon', '2024-01-01T12:00:00.25-0800', '2024-01-01T20:00:00.250Z'],
    ['an offset of hours', '2024-01-01T00:30:00+01', '2023-12-31T23:30:00.000Z'],
    ['a blank and a comma', '2024-01-01 12:00:00,123', '2024-01-01T12:00:00.123Z'],
    ['a zone name', '2024-01-01 12:00:00 UTC', '2024-01-01T12:00:00.000Z'],
    ['a date', '2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['no seconds', '2024-01-01T12:34Z', '2024-01-01T12:34:00.000Z'],
    ['a leap second', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['blanks around', '  2024-01-01T12:00:00Z ', '2024-01-01T12:00:00.000Z'],
    ['seconds', 1_704_110_400, '2024-01-01T12:00:00.000Z'],
    ['seconds with a fraction', 1_704_110_400.25, '2024-01-01T12:00:00.250Z'],
    ['milliseconds', 1_704_110_400_123, '2024-01-01T12:00:00.123Z'],
    ['microseconds as a number', 1_704_110_400_123_456, '2024-01-01T12:00:00.123456Z'],
    ['nanoseconds as text', '1704110400123456789', '2024-01-01T12:00:00.123456789Z'],
    ['seconds as text with nanoseconds', '1704110400.123456789', '2024-01-01T12:00:00.123456789Z'],
    ['milliseconds as text', '1704110400123', '2024-01-01T12:00:00.123Z'],
    ['the beginning', 0, '1970-01-01T00:00:00.000Z'],
    ['a time before 1970', '1969-12-31T23:59:59Z', 'before 1970'],
    ['a time before 1970 by its offset', '1970-01-01T00:00:00+01:00', 'before 1970'],
    ['the year 1', '0001-01-01T00:00:00Z', 'before 1970'],
    ['negative seconds', -1, 'before 1970'],
    ['a time after 2262', '2262-04-12T00:00:00Z', 'after 2262'],
    ['the year 9999', '9999-12-31T23:59:59Z', 'after 2262'],
    ['an enormous number', 1e300, 'after 2262'],
    ['30 February', '2024-02-30T00:00:00Z', 'unreadable'],
    ['29 February of no leap year', '2023-02-29T00:00:00.000Z', 'unreadable'],
    ['month 13', '2024-13-01T00:00:00.000Z', 'unreadable'],
    ['hour 24', '2024-01-01T24:00:00.000Z', 'unreadable'],
    ['minute 60', '2024-01-01T23:60:00.000Z', 'unreadable'],
    ['an offset of 99 hours', '2024-01-01T00:00:00+99:00', 'unreadable'],
    ['letters', 'yesterday', 'unreadable'],
    ['empty text', '', 'unreadable'],
    ['a long text', '1'.repeat(65), 'unreadable'],
    ['an object', {}, 'unreadable'],
    ['NaN', Number.NaN, 'unreadable'],
  ])('reads %s', (_, input, expected) => {
    expect(read(input)).toBe(expected);
  });

  it('gives the milliseconds and nanoseconds that its text says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_223_372_036_853 }),
        fc.integer({ min: 0, max: 999_999 }),
        (epochMs, nanos) => {
          const below = String(nanos).padStart(6, '0');
          const timestamp = `${new Date(epochMs).toISOString().slice(0, 23)}${below}Z`;
          expect(parseTimestamp(timestamp)).toEqual({ timestamp, epochMs, nanos });
          if (epochMs >= 1e11)
            expect(parseTimestamp(`${epochMs}.${below}`)).toMatchObject({ epochMs, nanos });
        },
      ),
    );
  });

  it('agrees with the calendar of the language on every day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 106_750 }), (day) => {
        const timestamp = new Date(day * 86_400_000).toISOString();
        expect(parseTimestamp(timestamp)).toEqual({ timestamp, epochMs: day * 86_400_000, nanos: 0 });
      }),
    );
  });

  it('never throws, and reads its own output back unchanged', () => {
    const shaped = fc.stringMatching(/^[0-9TZ:.+ -]{1,35}$/);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), shaped, fc.double()), (input) => {
        const parsed = parseTimestamp(input);
        if (typeof parsed === 'object') expect(parseTimestamp(parsed.timestamp)).toEqual(parsed);
      }),
      { numRuns: 1000 },
    );
  });
});
