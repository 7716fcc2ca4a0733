import fc from 'fast-check';
import { parseCsv } from './read-csv';

describe('parseCsv', () => {
  it.each([
    ['', []],
    ['a,b\n', []],
    [
      'a,b\n1,2\n3,4\n',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    ],
    ['a,b\r\n1,2', [{ a: '1', b: '2' }]],
    [
      'a,b\n1\n\n,2\n',
      [
        { a: '1', b: '' },
        { a: '', b: '2' },
      ],
    ],
    ['a,b\n"x ""y"", z","line\nbreak"\n', [{ a: 'x "y", z', b: 'line\nbreak' }]],
    ['a,b\n"open,1', [{ a: 'open,1', b: '' }]],
    ['a,b\n1,', [{ a: '1', b: '' }]],
    ['a,b\n1,2,3\n', [{ a: '1', b: '2' }]],
  ])('reads %j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });

  it('reads back whatever is written with quotes', () => {
    const cell = fc.string({ unit: 'binary', maxLength: 12 });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const text = ['a,b', ...rows.map((row) => row.map(quote).join(','))].join('\n');
        expect(parseCsv(text)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'x') }), (text) =>
        Array.isArray(parseCsv(text)),
      ),
    );
  });
});
