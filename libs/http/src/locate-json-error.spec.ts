import fc from 'fast-check';
import { locateJsonError } from './locate-json-error';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('locateJsonError', () => {
  it('finds nothing in valid JSON, however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        expect(locateJsonError(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
    );
  });

  it('finds something exactly where JSON.parse refuses, for JSON that was cut or changed anywhere', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', 'x', '0'),
        (value, at, put) => {
          const text = JSON.stringify(value);
          const cut = at % (text.length + 1);
          const changed = text.slice(0, cut) + put + text.slice(cut + 1);
          expect(locateJsonError(changed) === undefined).toBe(parses(changed));
        },
      ),
    );
  });
});
