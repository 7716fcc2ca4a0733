import { asId, type ProjectId } from '../../core/src/common/ids';
import type { LogPatternLabelStore } from '../../core/src/logs/log-pattern-label-store.port';
import { type ProjectScope, scopeOfProject } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectLimitHolds } from './limits';

const T0 = 1_700_000_000_123;
const MOST = 3;

/** What every LogPatternLabelStore promises. */
export function logPatternLabelStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<LogPatternLabelStore>>,
): void {
  describe(`LogPatternLabelStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    const labelOf = (label: string, phrase = 'card declined') => ({
      label,
      matcher: { anyOf: [phrase], noneOf: ['test'] },
      createdAtMs: T0,
    });

    it('lists the labels of a project by name', async () => {
      for (const label of ['b', 'a']) expect(await engine.store.save(mine, labelOf(label), MOST)).toBe(true);
      expect(await engine.store.list(mine)).toEqual([labelOf('a'), labelOf('b')]);
      expect(await engine.store.list(await engine.newScope())).toEqual([]);
    });

    it('replaces the matcher of a label of that name', async () => {
      await engine.store.save(mine, labelOf('a'), 1);
      expect(await engine.store.save(mine, { ...labelOf('a', 'no stock'), createdAtMs: T0 + 9 }, 1)).toBe(
        true,
      );
      expect(await engine.store.list(mine)).toEqual([labelOf('a', 'no stock')]);
    });

    it('takes no more than the most', async () => {
      for (const label of ['a', 'b', 'c']) await engine.store.save(mine, labelOf(label), MOST);
      expect(await engine.store.save(mine, labelOf('d'), MOST)).toBe(false);
      expect(await engine.store.list(mine)).toHaveLength(MOST);
    });

    it('takes no more than the most of many at once', async () => {
      await expectLimitHolds(
        MOST,
        () => engine.newScope(),
        (scope, number) => engine.store.save(scope, labelOf(`label ${number}`), MOST),
        async (scope) => (await engine.store.list(scope)).length,
      );
    });

    it('deletes a label, and says whether there was one', async () => {
      await engine.store.save(mine, labelOf('a'), MOST);
      expect(await engine.store.delete(await engine.newScope(), 'a')).toBe(false);
      expect(await engine.store.delete(mine, 'a')).toBe(true);
      expect(await engine.store.delete(mine, 'a')).toBe(false);
      expect(await engine.store.list(mine)).toEqual([]);
    });

    it('refuses a project that is not there', async () => {
      const nobody = scopeOfProject(asId<ProjectId>('99999999-9999-4999-8999-999999999999'));
      await expect(engine.store.save(nobody, labelOf('a'), MOST)).rejects.toMatchObject({
        kind: 'not_found',
      });
    });
  });
}
