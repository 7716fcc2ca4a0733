import fc from 'fast-check';
import { cleanText, cutToBytes, cutToLength, utf8Length } from './clean-text';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\u0000', '\ud800', '\udc00', '😀', 'é', '€', 'a'), { maxLength: 50 })
    .map((parts) => parts.join('')),
);

describe('cleanText', () => {
  it('leaves nothing that PostgreSQL or UTF-8 cannot hold, and good text alone', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = cleanText(text);
        expect(clean).not.toContain('\u0000');
        expect(Buffer.from(clean).toString()).toBe(clean);
        expect(cleanText(clean)).toBe(clean);
        expect(clean).toHaveLength(text.length);
      }),
    );
  });
});

describe('cutToBytes and cutToLength', () => {
  it('cut to the longest beginning within the limit that splits no character', () => {
    fc.assert(
      fc.property(anyText.map(cleanText), fc.nat(200), (text, limit) => {
        expect(utf8Length(text)).toBe(Buffer.byteLength(text));
        const byBytes = cutToBytes(text, limit);
        const next = [...text.slice(byBytes.length)][0] ?? '';
        expect(text.startsWith(byBytes)).toBe(true);
        expect(Buffer.from(byBytes).toString()).toBe(byBytes);
        expect(Buffer.byteLength(byBytes)).toBeLessThanOrEqual(limit);
        if (next !== '') expect(Buffer.byteLength(byBytes + next)).toBeGreaterThan(limit);
        const byLength = cutToLength(text, limit);
        expect(Buffer.from(byLength).toString()).toBe(byLength);
        expect(byLength.length).toBeLessThanOrEqual(limit);
        expect(byLength.length).toBeGreaterThanOrEqual(Math.min(text.length, limit) - 1);
      }),
    );
  });
});
