import { nextErrorRate, unknownErrorRate } from './next-error-rate';

const START = 1_700_000_000_000;
const GAP_MS = 60_000;

/** At which seconds after the start hints are given, where so many errors arrive in each second. */
function hintsOf(errorsAt: (second: number) => number, seconds: number): number[] {
  let rate = unknownErrorRate(START);
  const hints: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const step = nextErrorRate(rate, errorsAt(second), START + second * 1000, GAP_MS);
    rate = step.rate;
    if (step.isHint) hints.push(second);
  }
  return hints;
}

describe('nextErrorRate', () => {
  it.each<[string, (second: number) => number, number[]]>([
    ['nothing in silence', () => 0, []],
    ['nothing while errors come as usual', () => 20, []],
    [
      'nothing while they come as usual from the start in uneven batches',
      (at) => (at % 5 === 0 ? 100 : 0),
      [],
    ],
    ['nothing for a few', (at) => (at === 100 ? 9 : 0), []],
    ['a hint for as many as are enough', (at) => (at === 100 ? 10 : 0), [100]],
    ['nothing before anything is known', (at) => (at === 5 ? 1000 : 0), []],
    ['nothing for twice as many', (at) => (at < 100 ? 20 : 40), []],
    ['a hint at once for the first errors after silence', (at) => (at === 100 ? 50 : 0), [100]],
    ['a hint within seconds for ten times as many', (at) => (at < 100 ? 5 : 50), [104]],
    ['no second hint for the same jump within the gap', (at) => (at >= 100 && at < 130 ? 50 : 0), [100]],
    ['a second hint for another jump', (at) => (at === 30 || at === 250 ? 50 : 0), [30, 250]],
    ['none for another jump within the gap', (at) => (at === 30 || at === 80 ? 50 : 0), [30]],
  ])('gives %s', (_what, errorsAt, expected) => {
    expect(hintsOf(errorsAt, 300)).toEqual(expected);
  });

  it('takes a clock that goes back for one that stands still', () => {
    const later = nextErrorRate(unknownErrorRate(START), 5, START + 60_000, GAP_MS).rate;
    const { rate } = nextErrorRate(later, 5, START, GAP_MS);
    expect(rate).toMatchObject({ atMs: START + 60_000, recent: 10, usual: 10 });
  });
});
