import type { AnomalyQuestion } from './anomaly-question';
import { judgeSeries, runAtOnce, type SeriesToJudge } from './judge-series';

const MINUTE = 60_000;

/** A level with a small, repeated wobble; `jump` is added from index `from` on. */
function steady(count: number, from = count, jump = 0) {
  return Array.from({ length: count }, (_, index) => ({
    atMs: index * MINUTE,
    value: 100 + ((index * 7) % 5) + (index >= from ? jump : 0),
  }));
}

const judge = (series: SeriesToJudge, question: AnomalyQuestion) => runAtOnce(judgeSeries(series, question));

describe('judgeSeries', () => {
  it.each(['adaptive', 'z-score', 'robust-z'] as const)('%s finds a jump, and says by how much', (method) => {
    const verdict = judge({ points: steady(400, 390, 200), judgeFromMs: 0 }, { method });
    expect(verdict.method).toMatch(new RegExp(`^${method}/\\d+$`));
    expect(verdict.points).toBe(400);
    expect(verdict.learning).toBeGreaterThan(0);
    const [first] = verdict.anomalies;
    expect(first).toMatchObject({ atMs: 390 * MINUTE, phase: 'onset', direction: 'up' });
    expect(first?.deviation).toBeGreaterThan(3);
    expect(first?.why).not.toBe('');
    expect(first?.expected).toBeLessThan(first?.value ?? 0);
  });

  it.each(['adaptive', 'z-score', 'robust-z'] as const)('%s finds nothing in a steady series', (method) => {
    expect(judge({ points: steady(400), judgeFromMs: 0 }, { method }).anomalies).toEqual([]);
  });

  it('gives nothing of too little history, and says that it was learning', () => {
    const verdict = judge({ points: steady(5, 4, 1000), judgeFromMs: 0 }, { method: 'z-score' });
    expect([verdict.anomalies, verdict.learning]).toEqual([[], 5]);
    expect(judge({ points: [], judgeFromMs: 0 }, { method: 'adaptive' })).toMatchObject({ points: 0 });
  });

  it('reports only what lies in the judged range', () => {
    const points = steady(400, 200, 500);
    const verdict = judge({ points, judgeFromMs: 300 * MINUTE }, { method: 'adaptive' });
    expect(verdict.points).toBe(100);
    expect(verdict.anomalies.every(({ atMs }) => atMs >= 300 * MINUTE)).toBe(true);
    expect(verdict.last?.atMs).toBe(399 * MINUTE);
  });

  it('leaves known bad times out of what it learns', () => {
    const points = steady(400).map((point, index) =>
      (index >= 300 && index < 340) || index >= 395 ? { ...point, value: 400 } : point,
    );
    const judgeFromMs = 390 * MINUTE;
    const leaveOut = [{ fromMs: 300 * MINUTE, toMs: 340 * MINUTE }];
    const deviationOf = (series: SeriesToJudge) =>
      judge(series, { method: 'z-score' }).anomalies[0]?.deviation ?? 0;
    expect(deviationOf({ points, judgeFromMs, leaveOut })).toBeGreaterThan(
      10 * deviationOf({ points, judgeFromMs }),
    );
  });

  it('obeys direction, threshold and least relative deviation', () => {
    const series = { points: steady(400, 390, 20), judgeFromMs: 0 };
    const count = (question: Omit<AnomalyQuestion, 'method'>) =>
      judge(series, { method: 'z-score', ...question }).anomalies.length;
    expect(count({})).toBeGreaterThan(0);
    expect(count({ direction: 'up' })).toBe(count({}));
    expect(count({ direction: 'down' })).toBe(0);
    expect(count({ threshold: 100 })).toBe(0);
    expect(count({ minRelativeDeviation: 0.5 })).toBe(0);
  });

  it('takes points in any order, and missing values as missing', () => {
    const points = steady(400, 390, 200);
    const question = { method: 'adaptive' } as const;
    expect(judge({ points: [...points].reverse(), judgeFromMs: 0 }, question)).toEqual(
      judge({ points, judgeFromMs: 0 }, question),
    );
    const holes = [...points, { atMs: 400 * MINUTE, value: NaN }];
    expect(judge({ points: holes, judgeFromMs: 0 }, question).anomalies).toEqual(
      judge({ points, judgeFromMs: 0 }, question).anomalies,
    );
  });
});
