import fc from 'fast-check';
import { OpsError } from '../../../core/src/common/errors';
import { decodeCursor, encodeCursor, toPage } from './cursor';

describe('cursors', () => {
  it('give back what was put in', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (number, text) => {
        fc.pre(!text.includes('\0'));
        expect(decodeCursor(encodeCursor([number, text]), ['number', 'text'])).toEqual([number, text]);
      }),
    );
  });

  it.each([
    ['', 'nothing'],
    ['!!!', 'no base64'],
    [encodeCursor([]), 'too little'],
    [encodeCursor([1, 'a', 'b']), 'too much'],
    [encodeCursor(['a', 1]), 'other parts'],
    [encodeCursor([1.5, 'a']), 'a broken instant'],
    [encodeCursor([9e15, 'a']), 'an instant that no clock shows'],
    [encodeCursor([1, 'a\0']), 'a NUL'],
    [Buffer.from('{"length":2}').toString('base64url'), 'an object'],
    ['A'.repeat(2000), 'a long one'],
  ])('refuse %j (%s) and name the field', (cursor) => {
    let thrown: unknown;
    try {
      decodeCursor(cursor, ['instant', 'text']);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(OpsError);
    expect(thrown).toMatchObject({
      kind: 'invalid',
      code: 'OPS_REQUEST_INVALID',
      fields: [{ field: 'cursor' }],
    });
  });

  it('never fail in any other way, whatever text comes', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodeCursor(text, ['instant', 'text']);
        } catch (error) {
          expect(error).toBeInstanceOf(OpsError);
        }
      }),
    );
  });
});

describe('toPage', () => {
  it('has a next page only where a row too many came', () => {
    const page = (rows: readonly number[]): object =>
      toPage(
        rows,
        2,
        9,
        (row) => row * 10,
        (row) => [row],
      );
    expect(page([1, 2])).toEqual({ items: [10, 20], total: 9 });
    expect(page([1, 2, 3])).toEqual({ items: [10, 20], total: 9, nextCursor: encodeCursor([2]) });
  });
});
