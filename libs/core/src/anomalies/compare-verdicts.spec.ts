import { compareVerdicts } from './compare-verdicts';
import { judgeSeries, runAtOnce } from './judge-series';

describe('compareVerdicts', () => {
  const points = Array.from({ length: 300 }, (_, index) => ({
    atMs: index * 60_000,
    value: 100 + (index % 3) + (index === 200 ? 8 : 0) + (index === 250 ? 500 : 0),
  }));
  const at = (threshold: number) =>
    runAtOnce(judgeSeries({ points, judgeFromMs: 0 }, { method: 'z-score', threshold }));

  it('shows what a lower threshold adds, what a higher one takes away, and what stays', () => {
    const instants = (list: readonly { readonly atMs: number }[]) => list.map(({ atMs }) => atMs / 60_000);
    const lowered = compareVerdicts(at(50), at(3));
    expect([instants(lowered.added), instants(lowered.removed), lowered.kept]).toEqual([[200], [], 1]);
    const raised = compareVerdicts(at(3), at(50));
    expect([instants(raised.added), instants(raised.removed), raised.kept]).toEqual([[], [200], 1]);
    expect(compareVerdicts(at(3), at(3))).toEqual({ added: [], removed: [], kept: 2 });
  });
});
