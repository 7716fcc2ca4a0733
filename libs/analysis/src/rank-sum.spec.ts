import fc from 'fast-check';
import { rankSumScore } from './rank-sum';

describe('rankSumScore', () => {
  it.each([
    [[], [1], 0],
    [[1], [], 0],
    [[1, 2, 3], [1, 2, 3], 0],
    [[5, 5, 5], [5, 5], 0],
    // Mann-Whitney U = 9 of 9, mean 4.5, standard deviation √5.25.
    [[1, 2, 3], [4, 5, 6], 1.964],
    [[4, 5, 6], [1, 2, 3], -1.964],
    [[1, 3], [2, 4], 0.775],
  ])('of %j and %j is %d', (before, after, score) => {
    expect(rankSumScore(before, after)).toBeCloseTo(score, 3);
  });

  it('changes its sign with the sides and does not depend on the scale', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, values, (before, after) => {
        expect(rankSumScore(before, after)).toBeCloseTo(-rankSumScore(after, before), 9);
        const cube = (list: readonly number[]) => list.map((value) => value ** 3 + 7);
        expect(rankSumScore(cube(before), cube(after))).toBeCloseTo(rankSumScore(before, after), 9);
      }),
    );
  });
});
