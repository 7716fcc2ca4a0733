import fc from 'fast-check';
import { evidenceLabel, GATHER_STEPS, MAX_EVIDENCE_PER_STEP } from './evidence-label';
import { verifyCitations, withoutAddresses } from './verify-citations';

const known = new Set(['E1', 'E2', 'E10']);

describe('verifyCitations', () => {
  it.each([
    ['keeps real citations, in order and once', ['E10', 'E2', 'E10'], ['E2', 'E10'], false],
    ['takes out those of evidence that does not exist', ['E1', 'E99'], ['E1'], false],
    ['marks a claim without real citations', ['E99', 'the logs'], [], true],
    ['marks a claim that cites nothing', [], [], true],
  ])('%s', (_what, cites, expected, conjecture) => {
    expect(verifyCitations([{ text: 'x', cites }], known)).toEqual([
      { text: 'x', cites: expected, conjecture },
    ]);
  });

  it('never lets a claim through that cites what is not there', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom('E1', 'E2', 'E10'), fc.string())), (cites) => {
        const [claim] = verifyCitations([{ text: 'x', cites }], known);
        expect(claim?.cites.every((label) => known.has(label))).toBe(true);
        expect(claim?.conjecture).toBe(claim?.cites.length === 0);
      }),
    );
  });
});

describe('withoutAddresses', () => {
  it.each([
    ['Log in at https://evil.example/a?b=1.', 'Log in at [address]'],
    ['[here](http://evil.example) or ftp://x', '[here]([address]) or [address]'],
    [
      'GET /api/orders of orders:8080 took 3 s: 5% failed',
      'GET /api/orders of orders:8080 took 3 s: 5% failed',
    ],
  ])('leaves nothing in a sentence that a reader could open: %s', (text, expected) => {
    expect(withoutAddresses(text)).toBe(expected);
  });
});

describe('evidenceLabel', () => {
  it('gives no label to two things', () => {
    const labels = GATHER_STEPS.flatMap((step) =>
      Array.from({ length: MAX_EVIDENCE_PER_STEP }, (_, index) => evidenceLabel(step, index)),
    );
    expect(new Set(labels).size).toBe(labels.length);
    for (const label of labels) expect(label).toMatch(/^E[1-9]\d{0,3}$/);
    expect(labels[0]).toBe('E1');
  });
});
