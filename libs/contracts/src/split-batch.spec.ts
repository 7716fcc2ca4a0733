import fc from 'fast-check';
import { joinBatches, encodeLines } from './ndjson';
import { splitBatch } from './split-batch';

describe('splitBatch', () => {
  it('loses no byte, cuts between lines only, and keeps to the limit unless a line alone is longer', () => {
    const lines = fc.array(fc.record({ text: fc.string({ maxLength: 60 }) }), { maxLength: 30 });
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 300 }), (objects, maxBytes) => {
        const batch = encodeLines(objects);
        const parts = splitBatch(batch, maxBytes);
        expect(joinBatches(parts)).toEqual(batch);
        for (const part of parts) {
          expect(part.ndjson.at(-1)).toBe(0x0a);
          expect(part.recordCount).toBeGreaterThan(0);
          expect(part.ndjson.length <= maxBytes || part.recordCount === 1).toBe(true);
        }
      }),
    );
  });
});
