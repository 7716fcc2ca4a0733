import fc from 'fast-check';
import { encodeSampleRows, inOrderOfKey, portionsOfDays } from './sample-rows';

const aRow = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 0, max: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const toColumns = (rows: readonly (readonly [number, number, number])[]) => ({
  seriesIds: rows.map(([id]) => id),
  atMs: rows.map(([, at]) => at),
  values: rows.map(([, , value]) => value),
  lines: rows.map((_, index) => index),
});

describe('inOrderOfKey', () => {
  it('keeps the first of each series and instant, in order of both', () => {
    fc.assert(
      fc.property(fc.array(aRow, { maxLength: 40 }), (given) => {
        const first = new Map<string, (typeof given)[number]>();
        for (const row of given) if (!first.has(`${row[0]} ${row[1]}`)) first.set(`${row[0]} ${row[1]}`, row);
        const expected = [...first.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const order = inOrderOfKey(toColumns(given));
        expect(order.map((index) => given[index])).toEqual(expected);
        // Lines that were parsed stand behind those that were cut.
        const { seriesIds, atMs, values, lines } = toColumns(given);
        for (const column of [seriesIds, atMs, values, lines]) column.reverse();
        const places = inOrderOfKey({ seriesIds, atMs, values, lines });
        expect(places.map((place) => given[lines[place] ?? -1])).toEqual(expected);
      }),
    );
  });
});

describe('portionsOfDays', () => {
  it('has every sample once, in its order, and of so many days at most, the oldest first', () => {
    const anInstant = fc.integer({ min: -3, max: 9 }).map((halfDays) => halfDays * 43_200_000);
    fc.assert(
      fc.property(fc.array(anInstant, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (atMs, maxDays) => {
        const order = atMs.map((_, index) => index).reverse();
        const dayOf = (index: number) => Math.floor((atMs[index] ?? NaN) / 86_400_000);
        const portions = portionsOfDays({ atMs }, order, maxDays);
        for (const portion of portions) {
          expect(new Set(portion.map(dayOf)).size).toBeLessThanOrEqual(maxDays);
          expect(portion).toEqual(order.filter((index) => portion.includes(index)));
        }
        expect(portions.flat().sort((a, b) => b - a)).toEqual(order);
        const days = portions
          .map((portion) => new Set(portion.map(dayOf)))
          .flatMap((some) => [...some].sort((a, b) => a - b));
        expect(days).toEqual([...new Set(order.map(dayOf))].sort((a, b) => a - b));
      }),
    );
  });
});

describe('encodeSampleRows', () => {
  it('writes what the binary COPY of PostgreSQL reads', () => {
    const rows = toColumns([
      [1, 1, 1],
      [2 ** 33 + 1, Date.UTC(2000, 0, 1) + 1, 0.25],
    ]);
    const bytes = encodeSampleRows(rows, [1]);
    const row = ['0003', '00000008', '0000000200000001', '00000008', '00000000000003e8'];
    const value = ['00000008', '3fd0000000000000'];
    expect(bytes.toString('hex')).toBe(
      ['5047434f50590aff0d0a00', '00000000', '00000000', ...row, ...value, 'ffff'].join(''),
    );
  });
});
