import fc from 'fast-check';
import { asId, isUuid } from '../common/ids';
import { type NextRuleState, nextRuleState } from './next-rule-state';
import type { NoDataPolicy } from './rule';
import type { AlertLabels, EvaluationResult, RuleState } from './rule-state';

const START = Date.UTC(2026, 0, 1);
const RESULTS: Readonly<Record<string, EvaluationResult>> = {
  b: { outcome: 'breach', value: 9 },
  c: { outcome: 'clear', value: 1 },
  n: { outcome: 'no_data' },
  x: { outcome: 'gone' },
};

interface Timing {
  readonly hold?: number;
  readonly keep?: number;
  readonly noData?: NoDataPolicy;
}

/** Plays one result per ten seconds; `_` is an instant that was missed. */
function play(results: string, timing: Timing = {}, labels: AlertLabels = {}): readonly NextRuleState[] {
  const steps: NextRuleState[] = [];
  let previous: { state: RuleState; evaluatedAtMs: number } | undefined;
  [...results].forEach((letter, index) => {
    const result = RESULTS[letter];
    if (result === undefined) return;
    const atMs = START + index * 10_000;
    const next = nextRuleState({
      rule: {
        id: asId('rule-1'),
        intervalSeconds: 10,
        holdSeconds: timing.hold ?? 0,
        keepFiringSeconds: timing.keep ?? 0,
        noData: timing.noData ?? 'ok',
      },
      labels,
      ...(previous !== undefined && { previous }),
      result,
      atMs,
    });
    previous = { state: next.state, evaluatedAtMs: atMs };
    steps.push(next);
  });
  return steps;
}

/** i, p, f, k (keep-firing) for the state, with ! where it fired and . where it resolved. */
function sketch(steps: readonly NextRuleState[]): string {
  return steps
    .map(({ state, transition }) => {
      const keeps = state.phase === 'firing' && state.clearSinceMs !== undefined;
      const letter = keeps ? 'k' : state.phase.charAt(0);
      return letter + (transition === undefined ? '' : transition.kind === 'fired' ? '!' : '.');
    })
    .join(' ');
}

describe('nextRuleState', () => {
  it.each<[string, string, Timing, string]>([
    ['stays inactive while clear', 'ccc', {}, 'i i i'],
    ['fires at once without a hold', 'cb', {}, 'i f!'],
    ['waits out the hold', 'bbbb', { hold: 20 }, 'p p f! f'],
    ['forgets a hold that was interrupted', 'bbcbbb', { hold: 20 }, 'p p i p p f!'],
    ['a hold shorter than the interval needs a second breach', 'bb', { hold: 5 }, 'p f!'],
    ['fires once per stretch', 'bbbb', {}, 'f! f f f'],
    ['resolves at once without keep-firing', 'bc', {}, 'f! i.'],
    ['keeps firing for its time', 'bcccc', { keep: 20 }, 'f! k k i. i'],
    ['a breach while keeping on starts that time anew', 'bccbccc', { keep: 20 }, 'f! k k f k k i.'],
    ['fires again after it resolved', 'bcb', {}, 'f! i. f!'],
    ['no data ends the alert under ok', 'bn', {}, 'f! i.'],
    ['no data keeps firing under keep', 'bnnc', { noData: 'keep' }, 'f! f f i.'],
    ['no data keeps a hold under keep', 'bnb', { hold: 20, noData: 'keep' }, 'p p f!'],
    ['no data opens nothing under keep', 'nn', { noData: 'keep' }, 'i i'],
    ['no data is a breach under alert', 'nn', { hold: 10, noData: 'alert' }, 'p f!'],
    ['no data keeps the time to resolve under keep', 'bcnc', { keep: 20, noData: 'keep' }, 'f! k k i.'],
    ['a label set that is gone resolves without keep-firing', 'bx', { keep: 60 }, 'f! i.'],
    ['a label set that is gone drops its hold', 'bx', { hold: 60 }, 'p i'],
    ['missed instants start a hold anew', 'b_bbb', { hold: 20 }, 'p p p f!'],
    ['missed instants do not end an alert', 'b___b', {}, 'f! f'],
    ['missed instants start the time to resolve anew', 'bc_ccc', { keep: 20 }, 'f! k k k i.'],
  ])('%s', (_what, results, timing, expected) => {
    expect(sketch(play(results, timing))).toBe(expected);
  });

  it('names an episode after the instant its hold began, apart for each stretch and label set', () => {
    const episodes = (steps: readonly NextRuleState[]) =>
      steps.flatMap(({ transition }) => (transition === undefined ? [] : [transition]));
    const [fired, resolved, again] = episodes(play('bbcbb', { hold: 10 }));
    expect(fired).toMatchObject({ kind: 'fired', sinceMs: START });
    expect(resolved).toEqual({ ...fired, kind: 'resolved' });
    expect(again?.episodeId).not.toBe(fired?.episodeId);
    expect(isUuid(fired?.episodeId ?? '')).toBe(true);
    const other = episodes(play('bb', { hold: 10 }, { service_name: 'cart' }));
    expect(other[0]?.episodeId).not.toBe(fired?.episodeId);
  });

  const results = fc.string({ unit: fc.constantFrom('b', 'c', 'n', 'x', '_'), maxLength: 60 });
  const timing = fc.record({
    hold: fc.integer({ min: 0, max: 60 }),
    keep: fc.integer({ min: 0, max: 60 }),
    noData: fc.constantFrom<NoDataPolicy>('ok', 'keep', 'alert'),
  });

  it('decides the same when the same instants are played again', () => {
    fc.assert(
      fc.property(results, timing, (letters, times) => {
        expect(play(letters, times)).toEqual(play(letters, times));
      }),
    );
  });

  it('alternates between fired and resolved, each resolved naming the episode before it', () => {
    fc.assert(
      fc.property(results, timing, (letters, times) => {
        const heard = play(letters, times).flatMap(({ transition }) => transition ?? []);
        heard.forEach((transition, index) => {
          expect(transition.kind).toBe(index % 2 === 0 ? 'fired' : 'resolved');
          if (index % 2 === 1) expect(transition.episodeId).toBe(heard[index - 1]?.episodeId);
        });
        const fired = heard.filter(({ kind }) => kind === 'fired').map(({ episodeId }) => episodeId);
        expect(new Set(fired).size).toBe(fired.length);
      }),
    );
  });

  it('never fires earlier under a longer hold', () => {
    fc.assert(
      fc.property(results, timing, fc.integer({ min: 1, max: 60 }), (letters, times, more) => {
        const firedAt = (hold: number) => {
          const index = play(letters, { ...times, hold }).findIndex(
            ({ transition }) => transition?.kind === 'fired',
          );
          return index === -1 ? Infinity : index;
        };
        expect(firedAt(times.hold + more)).toBeGreaterThanOrEqual(firedAt(times.hold));
      }),
    );
  });

  it('is a state that JSON keeps as it is, because that is how it is stored', () => {
    fc.assert(
      fc.property(results, timing, (letters, times) => {
        for (const { state } of play(letters, times))
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});
