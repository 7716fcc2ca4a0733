import { parseTime } from '../log-formats/match-time';
import type { CivilTime } from '../log-formats/source-time';
import { LineClock, type LineClockOptions } from './line-clock';
import { parseTimeZone, utc } from './time-zone';

function civil(text: string): CivilTime {
  const time = parseTime(text);
  if (time?.kind !== 'civil') throw new Error(`${text} is no time`);
  return time;
}

function resolveAll(
  now: string,
  texts: readonly string[],
  options: Partial<LineClockOptions> = {},
): string[] {
  const clock = new LineClock({ nowMs: Date.parse(now), zone: utc, ...options });
  return texts.map((text) => clock.resolve(civil(text)).slice(0, 19));
}

describe('LineClock, for lines without a year', () => {
  it.each([
    ['an earlier day is of this year', '2024-06-15T00:00:00Z', 'Mar  1 10:00:00', '2024-03-01T10:00:00'],
    ['a later day is of last year', '2024-06-15T00:00:00Z', 'Jul  1 10:00:00', '2023-07-01T10:00:00'],
    [
      'hours ahead are another zone, not another year',
      '2024-06-15T00:00:00Z',
      'Jun 15 09:00:00',
      '2024-06-15T09:00:00',
    ],
    ['29 February is of a leap year', '2026-06-15T00:00:00Z', 'Feb 29 10:00:00', '2024-02-29T10:00:00'],
    ['New Year has just been', '2025-01-01T00:00:30Z', 'Dec 31 23:59:59', '2024-12-31T23:59:59'],
  ])('%s', (_, now, text, expected) => {
    expect(resolveAll(now, [text])).toEqual([expected]);
  });

  it('crosses New Year in the order of the lines, with stragglers', () => {
    const lines = ['Dec 31 23:59:59', 'Jan  1 00:00:00', 'Dec 31 23:59:58', 'Jan  1 00:00:01'];
    expect(resolveAll('2024-06-15T00:00:00Z', lines)).toEqual([
      '2023-12-31T23:59:59',
      '2024-01-01T00:00:00',
      '2023-12-31T23:59:58',
      '2024-01-01T00:00:01',
    ]);
  });

  it('starts in the year before where the file ends on an earlier day than it begins', () => {
    const lines = ['Mar  1 00:00:00', 'Sep  1 00:00:00', 'Jan  5 00:00:00'];
    expect(resolveAll('2024-06-15T00:00:00Z', lines, { lastTime: civil('Jan  5 00:00:00') })).toEqual([
      '2023-03-01T00:00:00',
      '2023-09-01T00:00:00',
      '2024-01-05T00:00:00',
    ]);
  });

  it('takes the year that a person names', () => {
    expect(
      resolveAll('2024-06-15T00:00:00Z', ['Dec 31 00:00:00', 'Jan  1 00:00:00'], { firstYear: 2005 }),
    ).toEqual(['2005-12-31T00:00:00', '2006-01-01T00:00:00']);
  });
});

describe('LineClock, for lines without a zone', () => {
  it.each([
    ['UTC', '2024-07-01 12:00:00', '2024-07-01T12:00:00'],
    ['+05:30', '2024-07-01 12:00:00', '2024-07-01T06:30:00'],
    ['-0800', '2024-07-01 12:00:00', '2024-07-01T20:00:00'],
    ['Europe/Berlin', '2024-07-01 12:00:00', '2024-07-01T10:00:00'],
    ['Europe/Berlin', '2024-01-01 12:00:00', '2024-01-01T11:00:00'],
    ['Europe/Berlin', '2024-07-01 12:00:00 +0000', '2024-07-01T12:00:00'],
  ])('reads them in %s', (name, text, expected) => {
    const zone = parseTimeZone(name);
    if (zone === undefined) throw new Error('no such zone');
    expect(resolveAll('2025-01-01T00:00:00Z', [text], { zone })).toEqual([expected]);
  });

  it.each(['Nowhere/City', '+15:00', '', 'x'])('knows no zone %p', (name) => {
    expect(parseTimeZone(name)).toBeUndefined();
  });
});

describe('LineClock', () => {
  it('keeps the digits of the fraction', () => {
    const clock = new LineClock({ nowMs: Date.parse('2025-01-01T00:00:00Z'), zone: utc });
    const texts = [
      '2024-07-01T12:00:00Z',
      '2024-07-01T12:00:00.5Z',
      '2024-07-01T12:00:00,1234Z',
      '2024-07-01T12:00:00.123456789Z',
    ];
    expect(texts.map((text) => clock.resolve(civil(text)).slice(20))).toEqual([
      '000Z',
      '500Z',
      '123400Z',
      '123456789Z',
    ]);
  });

  it('reads 03/04 as the rest of the file proves it', () => {
    expect(resolveAll('2025-01-01', ['13/04/2024 00:00:00', '03/04/2024 00:00:00'])[1]).toBe(
      '2024-04-03T00:00:00',
    );
    expect(resolveAll('2025-01-01', ['04/13/2024 00:00:00', '03/04/2024 00:00:00'])[1]).toBe(
      '2024-03-04T00:00:00',
    );
  });
});
