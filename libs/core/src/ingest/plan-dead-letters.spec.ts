import fc from 'fast-check';
import { MAX_DEAD_LETTERS, planDeadLetters } from './plan-dead-letters';

const rejected = (reasons: readonly string[]) => reasons.map((reason, index) => ({ index, reason }));
const letters = (count: number) => Array.from({ length: count }, (_, at) => String.fromCodePoint(0x3b1 + at));

describe('planDeadLetters', () => {
  it.each([
    ['nothing', [], []],
    ['one reason', ['too long', 'too long'], [{ reason: 'too long', indices: [0, 1] }]],
    [
      'two reasons in turns',
      ['too long', 'no text', 'too long'],
      [
        { reason: 'too long', indices: [0, 2] },
        { reason: 'no text', indices: [1] },
      ],
    ],
    [
      'reasons that quote their records',
      ['no number in document \'a7\': "one"', 'no number in document \'a8\': "two"'],
      [
        {
          reason: 'no number in document \'a7\': "one" (the first of 2, whose reasons differ)',
          indices: [0, 1],
        },
      ],
    ],
    [
      'as many kinds of reasons as there may be letters',
      letters(MAX_DEAD_LETTERS),
      letters(MAX_DEAD_LETTERS).map((reason, index) => ({ reason, indices: [index] })),
    ],
    [
      'more kinds of reasons than there may be letters',
      letters(MAX_DEAD_LETTERS + 2),
      [
        ...letters(MAX_DEAD_LETTERS - 1).map((reason, index) => ({ reason, indices: [index] })),
        {
          reason: `${letters(MAX_DEAD_LETTERS).at(-1)} (the first of 3, whose reasons differ)`,
          indices: [MAX_DEAD_LETTERS - 1, MAX_DEAD_LETTERS, MAX_DEAD_LETTERS + 1],
        },
      ],
    ],
  ])('sets aside together what was refused alike: %s', (_case, reasons, expected) => {
    expect(planDeadLetters(rejected(reasons))).toEqual(expected);
  });

  it('sets each line aside once, in few letters, whatever the reasons are', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 100 }), (reasons) => {
        const planned = planDeadLetters(rejected(reasons));
        expect(planned.length).toBeLessThanOrEqual(MAX_DEAD_LETTERS);
        const indices = planned.flatMap((letter) => letter.indices);
        expect([...indices].sort((a, b) => a - b)).toEqual(reasons.map((_, index) => index));
        for (const { reason, indices } of planned)
          expect(reason.startsWith(reasons[indices[0] ?? -1] ?? '?')).toBe(true);
      }),
    );
  });
});
