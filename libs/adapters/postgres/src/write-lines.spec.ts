import fc from 'fast-check';
import { encodeLines } from '../../../contracts/src/ndjson';
import { toJsonArray, writeLines } from './write-lines';

function dataError(): Error {
  return Object.assign(new Error('refused'), { code: '22P02' });
}

describe('toJsonArray', () => {
  it('gives the same records as the lines, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 }), (records) => {
        const json = toJsonArray(encodeLines(records).ndjson).toString();
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(records)));
      }),
    );
  });

  it('does without the last line end', () => {
    expect(toJsonArray(new TextEncoder().encode('{}\n{}')).toString()).toBe('[{},{}]');
    expect(toJsonArray(new Uint8Array()).toString()).toBe('[]');
  });
});

describe('writeLines', () => {
  it('finds exactly the refused lines, wherever they are, and writes each of the others once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (good) => {
        const batch = encodeLines(good.map((isGood, index) => ({ index, isGood })));
        const kept: number[] = [];
        const outcome = await writeLines(batch, (json) => {
          const lines = JSON.parse(json.toString()) as { index: number; isGood: boolean }[];
          if (lines.some(({ isGood }) => !isGood)) return Promise.reject(dataError());
          kept.push(...lines.map(({ index }) => index));
          return Promise.resolve(lines.length);
        });
        const expected = good.flatMap((isGood, index) => (isGood ? [index] : []));
        expect(kept).toEqual(expected);
        expect(outcome).toEqual({
          written: expected.length,
          duplicates: 0,
          rejected: good.flatMap((isGood, index) => (isGood ? [] : [{ index, reason: 'refused' }])),
        });
      }),
    );
  });

  it('does not blame the lines where the engine fails', async () => {
    const batch = encodeLines([{ a: 1 }, { b: 2 }]);
    const gone = Object.assign(new Error('gone'), { code: '57P01' });
    await expect(writeLines(batch, () => Promise.reject(gone))).rejects.toBe(gone);
  });
});
