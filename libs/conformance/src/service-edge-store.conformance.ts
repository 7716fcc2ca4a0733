import { newScope } from '../../../test/support/new-scope';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { MinuteServiceEdge } from '../../core/src/services/service-edge';
import type { ServiceEdgeStore } from '../../core/src/services/service-edge-store.port';
import type { CatalogEngine } from './catalog-engine';
import { expectMalformedCursorRefused, readAllPages } from './paging';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 2, 10, 12);
const RANGE = { fromMs: NOON, toMs: NOON + 5 * MINUTE };

/** What every ServiceEdgeStore promises. */
export function serviceEdgeStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<ServiceEdgeStore>>,
): void {
  describe(`ServiceEdgeStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    const edgeAt = (minute: number, callee: string, count: number): MinuteServiceEdge => ({
      minuteMs: NOON + minute * MINUTE,
      caller: 'web',
      callee,
      kind: 'parent_span',
      count,
    });
    const list = async (range = RANGE, scope = mine) =>
      (await engine.store.list(scope, { range }, { limit: 100 })).items;

    it('sums the minutes of a range, the most frequent first', async () => {
      const weak = { ...edgeAt(1, 'cart', 4), kind: 'shared_trace' as const };
      await engine.store.write(mine, RANGE, [
        edgeAt(0, 'cart', 2),
        edgeAt(1, 'cart', 3),
        edgeAt(4, 'pay', 7),
        weak,
      ]);
      expect(await list()).toEqual([
        { caller: 'web', callee: 'pay', kind: 'parent_span', count: 7 },
        { caller: 'web', callee: 'cart', kind: 'parent_span', count: 5 },
        { caller: 'web', callee: 'cart', kind: 'shared_trace', count: 4 },
      ]);
      const first = { caller: 'web', callee: 'cart', kind: 'parent_span', count: 2 };
      expect(await list({ fromMs: NOON + 59_999, toMs: NOON + MINUTE })).toEqual([first]);
      expect(await list({ fromMs: NOON - MINUTE, toMs: NOON })).toEqual([]);
    });

    it('changes nothing when the same minutes are written again', async () => {
      const edges = [edgeAt(0, 'cart', 2), edgeAt(1, 'cart', 3)];
      await engine.store.write(mine, RANGE, edges);
      await engine.store.write(mine, RANGE, edges);
      expect(await list()).toEqual([{ caller: 'web', callee: 'cart', kind: 'parent_span', count: 5 }]);
    });

    it('takes the later word on a minute, and leaves the minutes around the range alone', async () => {
      await engine.store.write(mine, RANGE, [
        edgeAt(0, 'cart', 2),
        edgeAt(1, 'cart', 3),
        edgeAt(1, 'guess', 9),
        edgeAt(2, 'cart', 4),
      ]);
      const second = { fromMs: NOON + MINUTE, toMs: NOON + 2 * MINUTE };
      await engine.store.write(mine, second, [edgeAt(1, 'cart', 5), edgeAt(2, 'cart', 100)]);
      expect(await list(second)).toMatchObject([{ callee: 'cart', count: 5 }]);
      expect(await list()).toMatchObject([{ callee: 'cart', count: 11 }]);
      await engine.store.write(mine, second, []);
      expect(await list()).toMatchObject([{ callee: 'cart', count: 6 }]);
    });

    it('finds the edges of a caller and of a callee', async () => {
      const back = { ...edgeAt(0, 'web', 1), caller: 'cart' };
      await engine.store.write(mine, RANGE, [edgeAt(0, 'cart', 2), edgeAt(0, 'pay', 2), back]);
      const some = async (filter: { caller?: string; callee?: string }) =>
        (await engine.store.list(mine, { range: RANGE, ...filter }, { limit: 9 })).items.map(
          ({ caller, callee }) => `${caller}>${callee}`,
        );
      expect(await some({ caller: 'web' })).toEqual(['web>cart', 'web>pay']);
      expect(await some({ callee: 'web' })).toEqual(['cart>web']);
      expect(await some({ caller: 'web', callee: 'pay' })).toEqual(['web>pay']);
      expect(await some({ caller: 'we\0b' })).toEqual([]);
    });

    it('pages without loss or repetition, also among equal counts', async () => {
      const callees = ['a', 'b', 'ä', 'd\\u0000', 'e', 'x"y', 'z'];
      await engine.store.write(
        mine,
        RANGE,
        callees.map((callee, index) => edgeAt(0, callee, index < 3 ? 5 : 2)),
      );
      const listed = await readAllPages(2, (page) => engine.store.list(mine, { range: RANGE }, page));
      expect(listed.map(({ callee }) => callee).sort()).toEqual([...callees].sort());
      expect(listed.map(({ count }) => count)).toEqual([5, 5, 5, 2, 2, 2, 2]);
      await expectMalformedCursorRefused((page) => engine.store.list(mine, { range: RANGE }, page));
    });

    it('deletes the edges of minutes before an instant, and no others', async () => {
      const theirs = await engine.newScope();
      await engine.store.write(theirs, RANGE, [edgeAt(0, 'cart', 2)]);
      await engine.store.write(mine, RANGE, [
        edgeAt(0, 'cart', 2),
        edgeAt(0, 'pay', 1),
        edgeAt(1, 'cart', 3),
      ]);
      expect(await engine.store.deleteBefore(mine, NOON)).toBe(0);
      expect(await engine.store.deleteBefore(mine, NOON + MINUTE)).toBe(2);
      expect(await list()).toMatchObject([{ callee: 'cart', count: 3 }]);
      expect(await list(RANGE, theirs)).toHaveLength(1);
    });

    it('keeps projects apart, and says which one is missing', async () => {
      const theirs = await engine.newScope();
      await engine.store.write(theirs, RANGE, [edgeAt(0, 'cart', 2)]);
      await engine.store.write(mine, RANGE, []);
      expect(await list()).toEqual([]);
      expect(await list(RANGE, theirs)).toHaveLength(1);
      const nowhere = newScope();
      const written = engine.store.write(nowhere, RANGE, [edgeAt(0, 'cart', 2)]);
      await expect(written).rejects.toMatchObject({ code: 'OPS_PROJECT_NOT_FOUND' });
    });
  });
}
