import type { AnomalyLabel } from '../../core/src/anomalies/anomaly-label';
import type { AnomalyLabelStore } from '../../core/src/anomalies/anomaly-label-store.port';
import { type AnomalyLabelId, asId, type ProjectId } from '../../core/src/common/ids';
import { type ProjectScope, scopeOfProject } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectLimitHolds } from './limits';

const T0 = 1_700_000_000_123;
const MOST = 3;

/** What every AnomalyLabelStore promises. */
export function anomalyLabelStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<AnomalyLabelStore>>,
): void {
  describe(`AnomalyLabelStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    const labelOf = (id: string, createdAtMs = T0, more: Partial<AnomalyLabel> = {}): AnomalyLabel => ({
      id: asId<AnomalyLabelId>(id),
      metricName: 'latency_ms',
      verdict: 'missed',
      fromMs: T0 - 5000,
      toMs: T0,
      furthestUp: 4.25,
      furthestDown: 0,
      note: 'a “note” 😀',
      createdAtMs,
      ...more,
    });

    it('lists the labels of a project as they were given, the newest first', async () => {
      const whole = labelOf('b', T0 + 1, {
        serviceName: 'api',
        tags: { endpoint: '/' },
        verdict: 'not_an_anomaly',
        furthestDown: Infinity,
        appliedAtMs: T0 + 2,
      });
      expect(await engine.store.add(mine, labelOf('a'), MOST)).toBe(true);
      expect(await engine.store.add(mine, whole, MOST)).toBe(true);
      expect(await engine.store.list(mine)).toEqual([whole, labelOf('a')]);
      expect(await engine.store.list(await engine.newScope())).toEqual([]);
    });

    it('takes no more than the most', async () => {
      for (const id of ['a', 'b', 'c']) await engine.store.add(mine, labelOf(id), MOST);
      expect(await engine.store.add(mine, labelOf('d'), MOST)).toBe(false);
      expect(await engine.store.list(mine)).toHaveLength(MOST);
    });

    it('takes no more than the most of many at once', async () => {
      await expectLimitHolds(
        MOST,
        () => engine.newScope(),
        (scope, number) => engine.store.add(scope, labelOf(`label ${number}`), MOST),
        async (scope) => (await engine.store.list(scope)).length,
      );
    });

    it('applies labels once', async () => {
      for (const id of ['a', 'b']) await engine.store.add(mine, labelOf(id), MOST);
      const [a, b, absent] = ['a', 'b', 'absent'].map((id) => asId<AnomalyLabelId>(id));
      if (a === undefined || b === undefined || absent === undefined) throw new Error('there are three');
      expect(await engine.store.apply(await engine.newScope(), [a], T0)).toBe(0);
      expect(await engine.store.apply(mine, [a, absent], T0 + 1)).toBe(1);
      expect(await engine.store.apply(mine, [a, b], T0 + 2)).toBe(1);
      const applied = (await engine.store.list(mine)).map(({ id, appliedAtMs }) => [id, appliedAtMs]);
      expect(applied).toEqual([
        ['b', T0 + 2],
        ['a', T0 + 1],
      ]);
    });

    it('deletes a label, and says whether there was one', async () => {
      const label = labelOf('a');
      await engine.store.add(mine, label, MOST);
      expect(await engine.store.delete(await engine.newScope(), label.id)).toBe(false);
      expect(await engine.store.delete(mine, label.id)).toBe(true);
      expect(await engine.store.delete(mine, label.id)).toBe(false);
      expect(await engine.store.list(mine)).toEqual([]);
    });

    it('refuses a project that is not there', async () => {
      const nobody = scopeOfProject(asId<ProjectId>('99999999-9999-4999-8999-999999999999'));
      await expect(engine.store.add(nobody, labelOf('a'), MOST)).rejects.toMatchObject({ kind: 'not_found' });
    });
  });
}
