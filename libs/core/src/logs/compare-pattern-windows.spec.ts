import { logPatternOf } from '../../../../test/support/log-pattern-of';
import { asId, type Fingerprint } from '../common/ids';
import { comparePatternWindows } from './compare-pattern-windows';
import { groupPatternCounts } from './group-pattern-counts';
import type { FingerprintCount } from './log-query';

const HOUR = 3_600_000;
const BASELINE = { fromMs: 0, toMs: HOUR };
const CURRENT = { fromMs: HOUR, toMs: 2 * HOUR };

function countOf(
  fingerprint: string,
  count: number,
  change: Partial<FingerprintCount> = {},
): FingerprintCount {
  return {
    fingerprint: asId<Fingerprint>(fingerprint),
    serviceName: 'api',
    level: 'info',
    count,
    firstAtMs: 10,
    lastAtMs: 20,
    example: `message of ${fingerprint} number 17`,
    exampleId: `id-${fingerprint}`,
    ...change,
  };
}

const known = new Map([
  [asId<Fingerprint>('a1'), logPatternOf('A', 0)],
  [asId<Fingerprint>('a2'), logPatternOf('A', 0)],
]);

describe('groupPatternCounts', () => {
  it('joins what the catalogue knows to be one pattern, and leaves the rest by fingerprint', () => {
    const groups = groupPatternCounts(
      [
        countOf('a1', 2),
        countOf('a2', 3, { serviceName: 'web', level: 'error', lastAtMs: 99, exampleId: 'newest' }),
        countOf('b', 4),
      ],
      known,
    );
    expect(groups).toMatchObject([
      {
        id: 'A',
        template: 'template of A',
        fingerprints: ['a1', 'a2'],
        services: ['api', 'web'],
        level: 'error',
        count: 5,
        firstAtMs: 10,
        lastAtMs: 99,
        examples: [{ id: 'newest', serviceName: 'web' }, { id: 'id-a1' }],
      },
      { id: 'b', template: 'message of b number <num>', fingerprints: ['b'], count: 4 },
    ]);
    expect(groups[1]?.pattern).toBeUndefined();
  });
});

describe('comparePatternWindows', () => {
  const compare = (before: FingerprintCount[], after: FingerprintCount[], isCut = false) =>
    comparePatternWindows(
      { range: BASELINE, counts: before, isCut },
      { range: CURRENT, counts: after, isCut: false },
      known,
    );

  it.each([
    ['new', [], [countOf('b', 20)]],
    ['gone', [countOf('b', 40)], []],
    ['surging', [countOf('b', 10)], [countOf('b', 80)]],
    ['fading', [countOf('b', 80)], [countOf('b', 10)]],
  ] as const)('tells what is %s', (kind, before, after) => {
    expect(compare([...before], [...after])).toMatchObject([{ kind, group: { id: 'b' } }]);
  });

  it('says nothing of what is within chance, or has only moved between fingerprints of a pattern', () => {
    expect(compare([countOf('b', 50)], [countOf('b', 58)])).toEqual([]);
    expect(compare([countOf('a1', 50)], [countOf('a2', 50)])).toEqual([]);
  });

  it('does not take for new what a cut window may only have left out', () => {
    expect(compare([countOf('c', 30)], [countOf('b', 25), countOf('c', 30)], true)).toEqual([]);
    expect(compare([countOf('c', 30)], [countOf('b', 25), countOf('c', 30)])).toMatchObject([
      { kind: 'new' },
    ]);
  });
});
