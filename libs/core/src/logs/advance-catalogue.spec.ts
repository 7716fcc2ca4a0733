import fc from 'fast-check';
import { fingerprint } from '../../../analysis/src/fingerprint';
import { asId, type Fingerprint } from '../common/ids';
import { advanceCatalogue, learnRequestOf } from './advance-catalogue';
import { learnTemplates } from './learn-templates';
import type { PatternCatalogue } from './log-pattern';
import type { FingerprintCount } from './log-query';

const LIMITS = { maxPatterns: 200, maxFingerprints: 1000 };

function countOf(message: string, change: Partial<FingerprintCount> = {}): FingerprintCount {
  return {
    fingerprint: asId<Fingerprint>(fingerprint(message)),
    serviceName: 'api',
    level: 'info',
    count: 1,
    firstAtMs: 1000,
    lastAtMs: 2000,
    example: message,
    exampleId: `id of ${message.slice(0, 20)}`,
    ...change,
  };
}

function advance(
  previous: PatternCatalogue | undefined,
  counts: readonly FingerprintCount[],
  toMs: number,
  limits = LIMITS,
): PatternCatalogue {
  const learned = learnTemplates(learnRequestOf(previous, counts, limits));
  return advanceCatalogue(previous, counts, learned, toMs, limits);
}

const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
const logins = names.map((name) => countOf(`session of ${name} was opened`));

describe('advanceCatalogue', () => {
  it('adds up counts, spans, services and levels of fingerprints that are one pattern', () => {
    const one = advance(undefined, logins, 5000);
    const two = advance(
      one,
      [
        countOf('session of alice was opened', {
          level: 'error',
          serviceName: 'web',
          count: 4,
          firstAtMs: 500,
          lastAtMs: 6000,
          exampleId: 'newest',
        }),
      ],
      9000,
    );
    expect(one.patterns).toHaveLength(1);
    expect(two.patterns).toMatchObject([
      {
        id: one.patterns[0]?.id,
        level: 'error',
        services: ['api', 'web'],
        count: names.length + 4,
        fingerprints: names.length,
        firstAtMs: 500,
        lastAtMs: 6000,
      },
    ]);
    expect(two.patterns[0]?.examples).toHaveLength(3);
    expect(two.patterns[0]?.examples[0]?.id).toBe('newest');
    expect([two.sinceMs, two.clusteredToMs]).toEqual([1000, 9000]);
  });

  it('counts every record once, whatever comes and however it is cut into runs', () => {
    const message = fc
      .array(fc.constantFrom('user', 'job', 'failed', '17', 'alice', 'bob', 'in', '3ms', '/a/b', 'x=1'), {
        minLength: 1,
        maxLength: 6,
      })
      .map((words) => words.join(' '));
    const runs = fc.array(fc.array(fc.tuple(message, fc.integer({ min: 1, max: 50 })), { maxLength: 12 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(runs, (given) => {
        let catalogue: PatternCatalogue | undefined;
        given.forEach((run, index) => {
          catalogue = advance(
            catalogue,
            run.map(([text, count]) => countOf(text, { count })),
            (index + 1) * 1000,
          );
        });
        const total = given.flat().reduce((sum, [, count]) => sum + count, 0);
        expect((catalogue?.patterns ?? []).reduce((sum, { count }) => sum + count, 0)).toBe(total);
        const placed = (catalogue?.patterns ?? []).reduce((sum, pattern) => sum + pattern.fingerprints, 0);
        expect(placed).toBe(new Set(given.flat().map(([text]) => fingerprint(text))).size);
      }),
      { numRuns: 60 },
    );
  });

  it('stays within its bounds, and keeps what was seen last', () => {
    const limits = { maxPatterns: 100, maxFingerprints: 5 };
    const words = ['north', 'south', 'east', 'west', 'up', 'down', 'in', 'out', 'left', 'right'];
    const counts = words.map((word, index) =>
      countOf(`${'very '.repeat(index)}${word} gate closed`, { lastAtMs: index }),
    );
    const catalogue = advance(undefined, counts, 5000, limits);
    expect(catalogue.fingerprints).toHaveLength(5);
    expect(Math.min(...catalogue.fingerprints.map(({ lastAtMs }) => lastAtMs))).toBe(5);
  });

  it('begins anew from the examples where another version made the state', () => {
    const one = advance(undefined, logins, 5000);
    const other = { ...one, version: -1, minerState: 'not for us' };
    expect(advance(other, [], 6000).patterns).toMatchObject([
      { count: names.length, fingerprints: names.length },
    ]);
  });

  it('learns nothing from nothing', () => {
    expect(advance(undefined, [], 5000)).toMatchObject({ patterns: [], fingerprints: [], sinceMs: 5000 });
  });
});
