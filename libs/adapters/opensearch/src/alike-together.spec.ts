import fc from 'fast-check';
import { alikeTogether } from './alike-together';

const MOST = 2 ** 47 - 1;

describe('alikeTogether', () => {
  it('gives every place once, in the order of likeness and then of places, however large they are', () => {
    const likeness = fc.oneof(fc.nat(3), fc.integer({ min: MOST - 3, max: MOST }), fc.nat(MOST));
    fc.assert(
      fc.property(fc.array(likeness, { maxLength: 300 }), (likenesses) => {
        const expected = [...likenesses.entries()].sort(
          ([place, one], [otherPlace, other]) => one - other || place - otherPlace,
        );
        expect([...alikeTogether(likenesses)]).toEqual(expected.map(([place]) => place));
      }),
    );
  });

  it('tells the last of all places that it orders from its likeness', () => {
    const places = [...alikeTogether(Array.from({ length: 2 ** 17 }, () => MOST))];
    expect(places.at(-1)).toBe(2 ** 17 - 1);
    expect(new Set(places).size).toBe(2 ** 17);
  });

  it('leaves the order where places are more than it can tell', () => {
    const likenesses = Array.from({ length: 2 ** 17 + 1 }, (_, place) => 2 ** 18 - place);
    expect([...alikeTogether(likenesses)].slice(0, 3)).toEqual([0, 1, 2]);
  });
});
