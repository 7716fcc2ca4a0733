import type { AnomalyStore } from '../../core/src/anomalies/anomaly-store.port';
import type { SeriesJudgement, ServiceScore, StoredAnomaly } from '../../core/src/anomalies/stored-anomaly';
import { asId, type ProjectId } from '../../core/src/common/ids';
import type { SeriesKey } from '../../core/src/metrics/sample';
import { type ProjectScope, scopeOfProject } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';

const MINUTE = 60_000;
const T0 = 28_333_334 * MINUTE;
const ALL = { range: { fromMs: T0 - 100 * MINUTE, toMs: T0 + 100 * MINUTE } };

const seriesOf = (metricName: string, serviceName = 'api', tags = {}): SeriesKey => ({
  metricName,
  serviceName,
  tags,
});

function anomalyOf(series: SeriesKey, atMs: number, change: Partial<StoredAnomaly> = {}): StoredAnomaly {
  return {
    ...series,
    atMs,
    value: 900.125,
    phase: 'onset',
    expected: 100,
    low: 90,
    high: 110.5,
    deviation: 240,
    score: 0.75,
    direction: 'up',
    why: '900 where “100” is usual',
    method: 'adaptive/1',
    ...change,
  };
}

function judgementOf(
  series: SeriesKey,
  judgedToMs: number,
  expectedToMs?: number,
  anomalies: readonly StoredAnomaly[] = [],
): SeriesJudgement {
  return {
    after: {
      ...series,
      method: 'adaptive/1',
      judgedToMs,
      recent: [{ atMs: judgedToMs - MINUTE, score: 0.1 + 0.2 }],
      state: {
        detector: { method: 'adaptive/1', state: { mean: 0.1 + 0.2, slots: [null, 1e-300] } },
        begun: { direction: 'up', lastAtMs: T0 },
      },
    },
    ...(expectedToMs !== undefined && { expectedToMs }),
    anomalies,
    learning: false,
  };
}

const scoreOf = (serviceName: string, atMs: number, score: number): ServiceScore => ({
  serviceName,
  atMs,
  score,
  series: 4,
  anomalous: 1,
  contributors: [{ metricName: 'latency', tags: { endpoint: '/' }, score }],
});

/** What every AnomalyStore promises. */
export function anomalyStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<AnomalyStore>>,
): void {
  describe(`AnomalyStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    const latency = seriesOf('latency', 'api', { endpoint: '/', pod: 'a' });

    it('keeps the state of each series as it was, for this project alone', async () => {
      const first = judgementOf(latency, T0);
      expect(await engine.store.save(mine, [first, judgementOf(seriesOf('errors'), T0)])).toBe(2);
      const asked = [{ ...latency, tags: { pod: 'a', endpoint: '/' } }, seriesOf('absent')];
      expect(await engine.store.loadStates(mine, asked)).toEqual([first.after]);
      expect(await engine.store.loadStates(await engine.newScope(), asked)).toEqual([]);
      const { metricName, serviceName, tags, method, judgedToMs, recent } = first.after;
      const progress = { metricName, serviceName, tags, method, judgedToMs, recent };
      expect(await engine.store.listProgress(mine, 10)).toEqual(expect.arrayContaining([progress]));
      expect(await engine.store.listProgress(mine, 1)).toHaveLength(1);
    });

    it('takes a judgement only where the series stands as expected, each by itself', async () => {
      expect(await engine.store.save(mine, [judgementOf(latency, T0, T0 - MINUTE)])).toBe(0);
      expect(await engine.store.listProgress(mine, 10)).toEqual([]);
      await engine.store.save(mine, [judgementOf(latency, T0), judgementOf(seriesOf('errors'), T0)]);
      const late = judgementOf(latency, T0 + MINUTE, undefined, [anomalyOf(latency, T0)]);
      const wrong = judgementOf(latency, T0 + MINUTE, T0 - MINUTE, [anomalyOf(latency, T0)]);
      expect(await engine.store.save(mine, [late])).toBe(0);
      expect(await engine.store.save(mine, [wrong, judgementOf(seriesOf('errors'), T0 + MINUTE, T0)])).toBe(
        1,
      );
      expect((await engine.store.list(mine, ALL, { limit: 10 })).items).toEqual([]);
      const stand = (await engine.store.listProgress(mine, 10)).map((one) => [
        one.metricName,
        one.judgedToMs,
      ]);
      expect(stand).toEqual([
        ['errors', T0 + MINUTE],
        ['latency', T0],
      ]);
    });

    it('lets one of many saves at the same time through', async () => {
      await engine.store.save(mine, [judgementOf(latency, T0)]);
      const saves = Array.from({ length: 5 }, () =>
        engine.store.save(mine, [judgementOf(latency, T0 + MINUTE, T0, [anomalyOf(latency, T0)])]),
      );
      expect((await Promise.all(saves)).reduce((sum, saved) => sum + saved)).toBe(1);
      expect((await engine.store.list(mine, ALL, { limit: 10 })).total).toBe(1);
    });

    it('skips series without anything to judge, but not those that stand elsewhere', async () => {
      const [a, b, c] = [seriesOf('a'), seriesOf('b'), seriesOf('c')];
      await engine.store.save(mine, [
        judgementOf(a, T0),
        judgementOf(b, T0 - 50 * MINUTE),
        judgementOf(c, T0 + 9 * MINUTE),
      ]);
      await engine.store.skipTo(mine, { fromMs: T0 - MINUTE, toMs: T0 + MINUTE });
      const stand = await engine.store.listProgress(mine, 10);
      const byName = new Map(stand.map((one) => [one.metricName, [one.judgedToMs, one.recent.length]]));
      expect(byName).toEqual(
        new Map([
          ['a', [T0 + MINUTE, 0]],
          ['b', [T0 - 50 * MINUTE, 1]],
          ['c', [T0 + 9 * MINUTE, 1]],
        ]),
      );
    });

    it('skips no series of another project', async () => {
      const theirs = await engine.newScope();
      for (const scope of [mine, theirs]) await engine.store.save(scope, [judgementOf(latency, T0)]);
      await engine.store.skipTo(mine, { fromMs: T0 - MINUTE, toMs: T0 + MINUTE });
      expect(await engine.store.listProgress(theirs, 10)).toMatchObject([
        { judgedToMs: T0, recent: [expect.anything()] },
      ]);
    });

    it('lists anomalies by page, the newest first, as filtered', async () => {
      const errors = seriesOf('errors', 'cart');
      const found = [0, 1, 2].map((minute) => anomalyOf(latency, T0 + minute * MINUTE));
      const other = anomalyOf(errors, T0 + MINUTE, {
        score: 0.25,
        deviation: Infinity,
        phase: 'ongoing',
        why: '',
      });
      await engine.store.save(mine, [
        judgementOf(latency, T0 + 3 * MINUTE, undefined, found),
        judgementOf(errors, T0 + 3 * MINUTE, undefined, [other]),
      ]);
      const seen: StoredAnomaly[] = [];
      let cursor: string | undefined;
      do {
        const page = await engine.store.list(mine, ALL, {
          limit: 3,
          ...(cursor !== undefined && { cursor }),
        });
        expect(page.total).toBe(4);
        seen.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(seen.map(({ atMs }) => (atMs - T0) / MINUTE)).toEqual([2, 1, 1, 0]);
      expect(seen).toEqual(expect.arrayContaining([...found, other]));
      const count = async (more: object) =>
        (await engine.store.list(mine, { ...ALL, ...more }, { limit: 9 })).total;
      expect(await count({ serviceName: 'cart' })).toBe(1);
      expect(await count({ metricName: 'latency' })).toBe(3);
      expect(await count({ minScore: 0.5 })).toBe(3);
      expect(await count({ range: { fromMs: T0 + MINUTE, toMs: T0 + 2 * MINUTE } })).toBe(2);
      expect((await engine.store.list(await engine.newScope(), ALL, { limit: 9 })).total).toBe(0);
    });

    it('ranks services by their highest score, with the worst bucket and its contributors', async () => {
      const scores = [
        scoreOf('cart', T0, 0.5),
        scoreOf('api', T0, 0.25),
        scoreOf('api', T0 + MINUTE, 0.875),
        scoreOf('api', T0 + 5 * MINUTE, 0.125),
      ];
      await engine.store.saveServiceScores(mine, scores);
      await engine.store.saveServiceScores(mine, [scoreOf('cart', T0, 0.625)]);
      const lines = await engine.store.listServiceScores(mine, ALL, 60, 10);
      expect(lines).toEqual([
        {
          serviceName: 'api',
          worst: scores[2],
          points: [
            { atMs: T0, score: 0.25 },
            { atMs: T0 + MINUTE, score: 0.875 },
            { atMs: T0 + 5 * MINUTE, score: 0.125 },
          ],
        },
        { serviceName: 'cart', worst: scoreOf('cart', T0, 0.625), points: [{ atMs: T0, score: 0.625 }] },
      ]);
      const named = { ...ALL, serviceName: 'cart' };
      expect(await engine.store.listServiceScores(mine, named, 60, 10)).toEqual([lines[1]]);
      expect(await engine.store.listServiceScores(mine, ALL, 60, 1)).toEqual([lines[0]]);
      const [coarse] = await engine.store.listServiceScores(mine, ALL, 86_400, 1);
      expect(coarse?.points).toEqual([{ atMs: Math.floor(T0 / 86_400_000) * 86_400_000, score: 0.875 }]);
    });

    it('deletes what is older, and nothing of others', async () => {
      const errors = seriesOf('errors');
      const judgements = [
        judgementOf(latency, T0, undefined, [anomalyOf(latency, T0 - MINUTE), anomalyOf(latency, T0)]),
        judgementOf(errors, T0 + MINUTE, undefined, []),
      ];
      const others = await engine.newScope();
      for (const scope of [mine, others]) {
        await engine.store.save(scope, judgements);
        await engine.store.saveServiceScores(scope, [scoreOf('api', T0 - 1, 1), scoreOf('api', T0, 1)]);
      }
      expect(await engine.store.deleteBefore(mine, T0)).toBe(1);
      expect((await engine.store.list(mine, ALL, { limit: 9 })).total).toBe(1);
      expect((await engine.store.listServiceScores(mine, ALL, 1, 9))[0]?.points).toHaveLength(1);
      expect(await engine.store.listProgress(mine, 9)).toHaveLength(2);
      expect(await engine.store.deleteBefore(mine, T0 + 1)).toBe(1);
      expect(await engine.store.listProgress(mine, 9)).toHaveLength(1);
      expect((await engine.store.list(others, ALL, { limit: 9 })).total).toBe(2);
    });

    it('refuses a project that is not there', async () => {
      const nobody = scopeOfProject(asId<ProjectId>('99999999-9999-4999-8999-999999999999'));
      const refused = { kind: 'not_found', code: 'OPS_PROJECT_NOT_FOUND' };
      await expect(engine.store.save(nobody, [judgementOf(latency, T0)])).rejects.toMatchObject(refused);
      const scores = [scoreOf('api', T0, 1)];
      await expect(engine.store.saveServiceScores(nobody, scores)).rejects.toMatchObject(refused);
    });
  });
}
