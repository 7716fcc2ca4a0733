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
  const page = (
    rows: readonly number[],
    place: { cursor?: string; offset?: number } = {},
    counted = 9,
  ): object =>
    toPage(
      rows,
      { limit: 2, ...place },
      counted,
      (row) => row * 10,
      (row) => [row],
    );

  it('has a next page only where a row too many came', () => {
    expect(page([1, 2, 3])).toEqual({ items: [10, 20], total: 9, nextCursor: encodeCursor([2]) });
    expect(page([1, 2], { cursor: 'x' })).toEqual({ items: [10, 20], total: 9 });
    expect(page([1, 2], { offset: 7 })).toEqual({ items: [10, 20], total: 9 });
  });

  it('counts what it shows where that is all there is, whatever was stored before the count came', () => {
    expect(page([1, 2])).toEqual({ items: [10, 20], total: 2 });
    expect(page([], { offset: 0 }, 1)).toEqual({ items: [], total: 0 });
    expect(page([], { offset: 5 }, 1)).toEqual({ items: [], total: 1 });
  });

  it('has no page after one that was asked for its count alone', () => {
    const counted = toPage(
      [1],
      { limit: 0 },
      9,
      (row) => row,
      (row) => [row],
    );
    expect(counted).toEqual({ items: [], total: 9 });
  });

  it('never counts fewer than came', () => {
    expect(page([1, 2, 3], {}, 0)).toMatchObject({ total: 3 });
    expect(page([1, 2], { cursor: 'x' }, 1)).toMatchObject({ total: 2 });
  });
});
