import { randomUUID } from 'node:crypto';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { KnownSeries } from './known-series';

const mine = asId<ProjectId>(randomUUID());
const theirs = asId<ProjectId>(randomUUID());

function viewOf(text: string): DataView {
  const bytes = Buffer.from(text, 'latin1');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

describe('KnownSeries', () => {
  it('guesses what came next before, only where it comes again, and for nobody else', () => {
    const known = new KnownSeries(10);
    known.add(mine, 'a', 1);
    known.add(mine, 'b', 2);
    known.add(theirs, 'b', 3);
    const first = known.find(mine, 'a', undefined);
    const second = known.find(mine, 'b', first);
    expect(known.guess(mine, first, viewOf('>b\n'), 1)).toBe(second);
    expect(known.guess(mine, first, viewOf('>c\n'), 1)).toBeUndefined();
    expect(known.guess(mine, first, viewOf('>bc\n'), 1)).toBeUndefined();
    expect(known.guess(mine, first, viewOf('>b'), 1)).toBeUndefined();
    expect(known.guess(theirs, first, viewOf('>b\n'), 1)).toBeUndefined();
    expect(known.find(theirs, 'b', undefined)?.id).toBe(3);
  });

  it('holds so many at most, the last ones that were added', () => {
    const known = new KnownSeries(2);
    known.add(mine, 'a', 1);
    known.add(mine, 'a', 1);
    for (const [index, text] of ['b', 'c'].entries()) known.add(mine, text, index + 2);
    const idsOf = ['a', 'b', 'c'].map((text) => known.find(mine, text, undefined)?.id);
    expect(idsOf).toEqual([undefined, 2, 3]);
  });
});
