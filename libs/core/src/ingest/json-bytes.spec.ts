import fc from 'fast-check';
import { endOfValue, skipSpace } from './json-bytes';

const encoder = new TextEncoder();

describe('endOfValue', () => {
  it('finds the end of any value in a list, however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n'), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        const bytes = encoder.encode(json);
        const end = endOfValue(encoder.encode(`[${json},1]`), 1, 1000);
        expect(end).toBe(1 + bytes.length);
      }),
    );
  });

  it.each([
    ['a string without end', '"abc'],
    ['a list without end', '[1, [2]'],
    ['too many levels', '[[[1]]]'],
  ])('gives up on %s', (_, json) => {
    expect(endOfValue(encoder.encode(json), 0, 2)).toBe(-1);
  });
});

describe('skipSpace', () => {
  it('skips white space of JSON only', () => {
    expect(skipSpace(encoder.encode(' \t\r\n\u000bx'), 0)).toBe(4);
    expect(skipSpace(encoder.encode('  '), 0)).toBe(2);
  });
});
