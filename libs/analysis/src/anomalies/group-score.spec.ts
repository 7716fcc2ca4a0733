import fc from 'fast-check';
import { groupScore } from './group-score';

const of = (...scores: number[]) =>
  groupScore(
    scores.map((score, series) => ({ series, score })),
    2,
  );

describe('groupScore', () => {
  it('gives nothing for nothing', () => {
    expect(of()).toEqual({ score: 0, series: 0, anomalous: 0, contributors: [] });
  });

  it('is the score of the only series', () => {
    expect(of(0.8)).toMatchObject({ score: 0.8, series: 1, anomalous: 1 });
  });

  it('counts several odd series for more than one, and calm ones neither hide them nor add up', () => {
    const calm = Array.from({ length: 196 }, () => 0.05);
    const one = of(0.9, ...calm).score;
    const several = of(0.9, 0.9, 0.9, 0.9, ...calm).score;
    expect(one).toBeGreaterThan(0.45);
    expect(several).toBeGreaterThan(one + 0.05);
    expect(of(...calm).score).toBeCloseTo(0.05, 10);
  });

  it('names the loudest', () => {
    expect(of(0.1, 0.9, 0, 0.5).contributors).toEqual([
      { series: 1, score: 0.9 },
      { series: 3, score: 0.5 },
    ]);
  });

  it('lies within 0 and 1, does not fall when a score rises, and does not depend on the order', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(scores, (given) => {
        const { score } = of(...given);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(of(...[...given].reverse()).score).toBeCloseTo(score, 10);
        const raised = given.map((one, index) => (index === 0 ? Math.min(1, one + 0.1) : one));
        expect(of(...raised).score).toBeGreaterThanOrEqual(score - 1e-12);
      }),
    );
  });
});
