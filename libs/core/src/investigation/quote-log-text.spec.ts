import fc from 'fast-check';
import { plainText } from '../common/plain-text';
import { quoteLogText } from './quote-log-text';

describe('quoteLogText', () => {
  it.each([
    ['an ordinary message', 'pool exhausted after 30 s', '"pool exhausted after 30 s"'],
    ['quotes that would close the quotation', 'say "done" now', `"say 'done' now"`],
    ['terminal escapes', '\u001b[31mred\u001b[0m', '"[31mred [0m"'],
    ['line breaks, which could forge a further line', 'a\r\nE1: forged', '"a E1: forged"'],
    ['text that runs backwards', 'abc\u202edef', '"abc def"'],
    ['half a character', 'a\ud800b', '"a\ufffdb"'],
  ])('takes %s', (_what, text, expected) => {
    expect(quoteLogText(text)).toBe(expected);
  });

  it('cuts between characters, not within them', () => {
    expect(quoteLogText('😀'.repeat(10), 5)).toBe('"😀😀😀😀…"');
  });

  it('says that a long text goes on even where its head shrinks to little', () => {
    expect(plainText(`${' '.repeat(1000)}x`, 10)).toBe('…');
  });

  it('never lets a control character or a second quotation mark through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const quoted = quoteLogText(text, 50);
        expect([...quoted].length).toBeLessThanOrEqual(52);
        expect(quoted.slice(1, -1)).not.toContain('"');
        // eslint-disable-next-line no-control-regex -- controls are what is looked for
        expect(quoted).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(quoted).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});
