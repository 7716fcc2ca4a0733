import { IsolationForest } from './isolation-forest';
import { SeededRandom } from './seeded-random';

function planted(count: number, columns: number): Float64Array {
  const random = new SeededRandom(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Float64Array.from(
    { length: count * columns },
    (_, index) => normal() + (index < (count * columns) / 100 ? 6 : 0),
  );
}

describe('IsolationForest', () => {
  it('ranks planted outliers first', () => {
    const rows = planted(20_000, 4);
    const scores = IsolationForest.fit(rows, 4, { seed: 7 }).score(rows);
    const first = [...scores.keys()]
      .sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0))
      .slice(0, 200);
    expect(first.filter((row) => row < 200).length).toBeGreaterThanOrEqual(198);
  });

  it('grows the same forest from the same seed, and another from another', () => {
    const rows = planted(500, 2);
    const scores = (seed: number) => [...IsolationForest.fit(rows, 2, { seed }).score(rows)];
    expect(scores(1)).toEqual(scores(1));
    expect(scores(1)).not.toEqual(scores(2));
  });

  it('scores a row by itself as within a batch', () => {
    const rows = planted(301, 3);
    const forest = IsolationForest.fit(rows, 3);
    const batch = forest.score(rows);
    for (const row of [0, 150, 300])
      expect(forest.score(rows.subarray(row * 3, row * 3 + 3))[0]).toBe(batch[row]);
  });

  it.each([1e-300, 1, 1e300])('does not mind the unit: values around %d', (unit) => {
    const rows = planted(2000, 2).map((value) => value * unit);
    const scores = IsolationForest.fit(rows, 2).score(rows);
    const outliers = scores.slice(0, 20).reduce((sum, score) => sum + score, 0) / 20;
    const others = scores.slice(20).reduce((sum, score) => sum + score, 0) / 1980;
    expect(outliers).toBeGreaterThan(others + 0.15);
  });

  it('finds nobody special among equals', () => {
    const scores = IsolationForest.fit(new Float64Array(100).fill(7), 1).score(new Float64Array([7, 7]));
    expect(scores[0]).toBe(scores[1]);
    expect(IsolationForest.fit(new Float64Array([5]), 1).score(new Float64Array([5]))[0]).toBe(0.5);
  });

  it('refuses to grow from nothing', () => {
    expect(() => IsolationForest.fit(new Float64Array(0), 2)).toThrow(RangeError);
  });
});
