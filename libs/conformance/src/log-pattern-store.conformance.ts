import { asId, type Fingerprint, type LogPatternId, type ProjectId } from '../../core/src/common/ids';
import type { LogPattern, PatternCatalogue, PatternFingerprint } from '../../core/src/logs/log-pattern';
import type { LogPatternStore } from '../../core/src/logs/log-pattern-store.port';
import { type ProjectScope, scopeOfProject } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';

const T0 = 1_700_000_000_123;

function fingerprintOf(
  name: string,
  patternId: string,
  change: Partial<PatternFingerprint> = {},
): PatternFingerprint {
  return {
    fingerprint: asId<Fingerprint>(name),
    patternId: asId<LogPatternId>(patternId),
    leafId: `leaf-${name}`,
    level: 'error',
    services: ['api', 'web'],
    count: 3,
    firstAtMs: T0,
    lastAtMs: T0 + 1,
    example: { id: 'log-1', serviceName: 'api', message: 'user 17 — “gone” 😀' },
    ...change,
  };
}

function patternOf(id: string, change: Partial<LogPattern> = {}): LogPattern {
  return {
    id: asId<LogPatternId>(id),
    template: 'user <num> gone',
    wildcards: [{ kind: 'num', sampled: 2, distinct: 2, topValues: [['17', 2]], range: [17, 18.5] }],
    level: 'error',
    services: ['api'],
    count: 3,
    firstAtMs: T0,
    lastAtMs: T0 + 1,
    fingerprints: 1,
    examples: [{ id: 'log-1', serviceName: 'api', message: 'user 17 gone' }],
    ...change,
  };
}

function catalogueOf(change: Partial<PatternCatalogue> = {}): PatternCatalogue {
  return {
    algorithm: 'typed-skeletons',
    version: 1,
    minerState: '{"words":["\\u0003","\\u0000"]}',
    sinceMs: T0 - 60_000,
    clusteredToMs: T0,
    patterns: [patternOf('p1'), patternOf('p2')],
    fingerprints: [fingerprintOf('f1', 'p1'), fingerprintOf('f2', 'p1'), fingerprintOf('f3', 'p2')],
    ...change,
  };
}

/** What every LogPatternStore promises. */
export function logPatternStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<LogPatternStore>>,
): void {
  describe(`LogPatternStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    it('has nothing at first, and then what was saved, for this project alone', async () => {
      expect(await engine.store.load(mine)).toBeUndefined();
      expect(await engine.store.save(mine, catalogueOf(), undefined)).toBe(true);
      expect(await engine.store.load(mine)).toEqual(catalogueOf());
      expect(await engine.store.load(await engine.newScope())).toBeUndefined();
    });

    it('replaces everything at once', async () => {
      await engine.store.save(mine, catalogueOf(), undefined);
      const change = {
        kind: 'surging',
        atMs: T0,
        score: 4.5,
        currentPerMinute: 9,
        baselinePerMinute: 0.5,
      } as const;
      const next = catalogueOf({
        version: 2,
        clusteredToMs: T0 + 60_000,
        patterns: [patternOf('p1', { count: 9, lastChange: change })],
        fingerprints: [fingerprintOf('f1', 'p1', { count: 9 }), fingerprintOf('f4', 'p1')],
      });
      expect(await engine.store.save(mine, next, T0)).toBe(true);
      expect(await engine.store.load(mine)).toEqual(next);
      const empty = catalogueOf({ clusteredToMs: T0 + 120_000, patterns: [], fingerprints: [] });
      expect(await engine.store.save(mine, empty, T0 + 60_000)).toBe(true);
      expect(await engine.store.load(mine)).toEqual(empty);
    });

    it('touches and finds nothing of another project that has the same ids', async () => {
      const theirs = await engine.newScope();
      const other = catalogueOf({
        patterns: [patternOf('p1', { template: 'theirs' }), patternOf('p2', { template: 'theirs too' })],
        fingerprints: [fingerprintOf('f1', 'p2'), fingerprintOf('f5', 'p1')],
      });
      await engine.store.save(theirs, other, undefined);
      await engine.store.save(mine, catalogueOf(), undefined);
      const asked = [asId<Fingerprint>('f1'), asId<Fingerprint>('f5')];
      const found = async (scope: ProjectScope) => {
        const patterns = await engine.store.findByFingerprints(scope, asked);
        return Object.fromEntries(
          [...patterns].map(([fingerprint, { template }]) => [fingerprint, template]),
        );
      };
      expect(await found(mine)).toEqual({ f1: patternOf('p1').template });
      expect(await found(theirs)).toEqual({ f1: 'theirs too', f5: 'theirs' });
      const empty = catalogueOf({ clusteredToMs: T0 + 1, patterns: [], fingerprints: [] });
      await engine.store.save(mine, empty, T0);
      expect(await engine.store.load(theirs)).toEqual(other);
    });

    it('takes a save only where the catalogue ends as expected, and else changes nothing', async () => {
      expect(await engine.store.save(mine, catalogueOf(), T0)).toBe(false);
      expect(await engine.store.load(mine)).toBeUndefined();
      await engine.store.save(mine, catalogueOf(), undefined);
      const other = catalogueOf({ clusteredToMs: T0 + 1, patterns: [], fingerprints: [] });
      expect(await engine.store.save(mine, other, undefined)).toBe(false);
      expect(await engine.store.save(mine, other, T0 - 1)).toBe(false);
      expect(await engine.store.load(mine)).toEqual(catalogueOf());
    });

    it('lets one of many saves at the same time through', async () => {
      await engine.store.save(mine, catalogueOf(), undefined);
      const saves = Array.from({ length: 5 }, (_, index) =>
        engine.store.save(mine, catalogueOf({ clusteredToMs: T0 + 1 + index }), T0),
      );
      expect((await Promise.all(saves)).filter((saved) => saved)).toHaveLength(1);
    });

    it('finds patterns by their fingerprints', async () => {
      await engine.store.save(mine, catalogueOf(), undefined);
      const asked = ['f1', 'f2', 'f3', 'absent'].map((one) => asId<Fingerprint>(one));
      const found = await engine.store.findByFingerprints(mine, asked);
      expect([...found].map(([fingerprint, { id }]) => [fingerprint, id]).sort()).toEqual([
        ['f1', 'p1'],
        ['f2', 'p1'],
        ['f3', 'p2'],
      ]);
      expect(found.get(asId<Fingerprint>('f3'))).toEqual(patternOf('p2'));
      expect((await engine.store.findByFingerprints(mine, [])).size).toBe(0);
      expect((await engine.store.findByFingerprints(await engine.newScope(), asked)).size).toBe(0);
    });

    it('refuses a project that is not there', async () => {
      const nobody = scopeOfProject(asId<ProjectId>('99999999-9999-4999-8999-999999999999'));
      await expect(engine.store.save(nobody, catalogueOf(), undefined)).rejects.toMatchObject({
        kind: 'not_found',
        code: 'OPS_PROJECT_NOT_FOUND',
      });
    });
  });
}
