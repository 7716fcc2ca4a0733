import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { LogInputError } from '../log-reader/log-input';
import { parseCsv, readCsv } from './read-csv';

describe('readCsv', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'read-csv-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    [
      'half a file',
      gzipSync('a,b\n1,2\n').subarray(0, -9),
      /half a file cannot be read: its gzip data end too early/,
    ],
    [
      'a damaged one',
      gzipSync('a,b').fill(0, 10, 13),
      /a damaged one cannot be read: its gzip data are damaged/,
    ],
  ])(
    'says which file it is that cannot be read, and why, so that the others can be: %s',
    async (name, bytes, reason) => {
      const file = path.join(folder, name);
      await writeFile(file, bytes);
      const reading = readCsv(file);
      await expect(reading).rejects.toBeInstanceOf(LogInputError);
      await expect(reading).rejects.toThrow(reason);
    },
  );
});

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
