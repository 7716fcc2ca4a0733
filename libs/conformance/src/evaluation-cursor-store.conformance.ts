import type { EvaluationCursorStore } from '../../core/src/alerting/evaluation-cursor-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';

/** What every EvaluationCursorStore promises. */
export function evaluationCursorStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<EvaluationCursorStore>>,
): void {
  describe(`EvaluationCursorStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    it('is nowhere before the first evaluation', async () => {
      expect(await engine.store.load(mine, 10)).toBeUndefined();
    });

    it('moves forward and never back', async () => {
      await engine.store.advance(mine, 10, 1_700_000_010_000);
      await engine.store.advance(mine, 10, 1_700_000_020_000);
      await engine.store.advance(mine, 10, 1_700_000_000_000);
      expect(await engine.store.load(mine, 10)).toBe(1_700_000_020_000);
    });

    it('is the latest of many instants that are told at once', async () => {
      const instants = Array.from(
        { length: 20 },
        (_, index) => 1_700_000_000_000 + ((index * 7) % 20) * 1000,
      );
      await Promise.all(instants.map((atMs) => engine.store.advance(mine, 30, atMs)));
      expect(await engine.store.load(mine, 30)).toBe(Math.max(...instants));
    });

    it('keeps intervals and projects apart', async () => {
      const theirs = await engine.newScope();
      await engine.store.advance(mine, 10, 1000);
      await engine.store.advance(mine, 60, 2000);
      await engine.store.advance(theirs, 10, 3000);
      expect(await engine.store.load(mine, 10)).toBe(1000);
      expect(await engine.store.load(mine, 60)).toBe(2000);
      expect(await engine.store.load(theirs, 10)).toBe(3000);
      expect(await engine.store.load(theirs, 60)).toBeUndefined();
    });
  });
}
