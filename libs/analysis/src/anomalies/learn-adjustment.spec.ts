import fc from 'fast-check';
import { adjustDeparture, learnAdjustment, type LabelledDeparture } from './learn-adjustment';

const label = (
  verdict: LabelledDeparture['verdict'],
  furthestUp: number,
  furthestDown = 0,
): LabelledDeparture => ({ verdict, fromMs: 1000, toMs: 2000, furthestUp, furthestDown });

describe('learnAdjustment', () => {
  it.each<[string, readonly LabelledDeparture[], object]>([
    ['nothing from no labels', [], { up: {}, down: {}, quiet: [], conflicts: [] }],
    ['what to ignore', [label('not_an_anomaly', 10)], { up: { ignoreUpTo: 10.5 }, down: {}, conflicts: [] }],
    ['what to report', [label('missed', 1, 10)], { up: {}, down: { reportFrom: 9.5 }, conflicts: [] }],
    [
      'the furthest ignored',
      [label('not_an_anomaly', 4), label('not_an_anomaly', 8)],
      { up: { ignoreUpTo: 8.4 } },
    ],
    ['the least missed', [label('missed', 20), label('missed', 10)], { up: { reportFrom: 9.5 } }],
    [
      'both, where they can be told apart',
      [label('not_an_anomaly', 4), label('missed', 10)],
      { up: { ignoreUpTo: 4.2, reportFrom: 9.5 }, conflicts: [] },
    ],
    [
      'sides for themselves',
      [label('not_an_anomaly', 10), label('missed', 0, 5)],
      { up: { ignoreUpTo: 10.5 }, down: { reportFrom: 4.75 }, conflicts: [] },
    ],
    [
      'no more than the most',
      [label('not_an_anomaly', Infinity)],
      { up: { ignoreUpTo: 50 }, conflicts: [expect.stringContaining('50')] },
    ],
    [
      'no less than the least',
      [label('missed', 1)],
      { up: { reportFrom: 3 }, conflicts: [expect.stringContaining('within the usual band')] },
    ],
    [
      'no anomaly over missed',
      [label('not_an_anomaly', 10), label('missed', 8)],
      { up: { ignoreUpTo: 10.5 }, conflicts: [expect.stringContaining('the latter holds')] },
    ],
    ['nothing from flat values', [label('missed', 0)], { up: {}, down: {} }],
  ])('learns %s', (_what, labels, expected) => {
    expect(learnAdjustment(labels)).toMatchObject(expected);
  });

  it('is the same in whatever order labels come', () => {
    const labels = fc.array(
      fc.record({
        verdict: fc.constantFrom('missed' as const, 'not_an_anomaly' as const),
        fromMs: fc.constant(0),
        toMs: fc.constant(1),
        furthestUp: fc.double({ min: 0, max: 100, noNaN: true }),
        furthestDown: fc.double({ min: 0, max: 100, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(labels, (given) => {
        const { up, down } = learnAdjustment(given);
        expect(learnAdjustment([...given].reverse())).toMatchObject({ up, down });
        for (const { ignoreUpTo = 0, reportFrom = Infinity } of [up, down])
          expect(reportFrom).toBeGreaterThan(ignoreUpTo);
      }),
    );
  });
});

describe('adjustDeparture', () => {
  const adjustment = learnAdjustment([label('not_an_anomaly', 4), label('missed', 10)]);
  it.each<[number, number, 'up' | 'down' | 'none', string]>([
    [0, 4, 'up', 'ignore'],
    [0, 5, 'up', 'as judged'],
    [0, 10, 'up', 'report'],
    [0, 10, 'down', 'as judged'],
    [0, Infinity, 'up', 'report'],
    [0, 0, 'none', 'as judged'],
    [1000, 99, 'up', 'ignore'],
    [2000, 99, 'up', 'report'],
  ])('at %i a departure of %d %s: %s', (atMs, deviation, direction, expected) => {
    expect(adjustDeparture({ atMs, deviation, direction }, adjustment)).toBe(expected);
  });
});
