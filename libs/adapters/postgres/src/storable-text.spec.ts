import fc from 'fast-check';
import { storableJson, storableText } from './storable-text';

describe('storableJson', () => {
  it.each([
    ['NUL', 'a\0b', '"a\ufffdb"'],
    ['half of a surrogate pair', 'a\ud800b', '"a\ufffdb"'],
    ['a whole pair', '🔥', '"🔥"'],
    ['a backslash before such letters', '\\u0000', '"\\\\u0000"'],
    ['undefined', undefined, 'null'],
    ['keys', { 'a\0': ['\udc00'] }, '{"a\ufffd":["\ufffd"]}'],
  ])('keeps what can be kept of %s', (_case, value, expected) => {
    expect(storableJson(value)).toBe(expected);
  });

  it('holds no NUL and no lone surrogate, and leaves everything else as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const stored = JSON.parse(storableJson({ text })) as { text: string };
        expect(stored.text).toBe(storableText(text));
        expect(stored.text).toBe(Buffer.from(text).toString().replaceAll('\0', '\ufffd'));
      }),
    );
  });
});
