import { randomUUID } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import { asId, type SnapshotId } from '../../core/src/common/ids';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { Snapshot } from '../../core/src/snapshots/snapshot';
import type { SnapshotStore } from '../../core/src/snapshots/snapshot-store.port';
import type { CatalogEngine } from './catalog-engine';
import { expectMalformedCursorRefused, readAllPages } from './paging';

const T0 = 1_700_000_000_123;

/** What every SnapshotStore promises. */
export function snapshotStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<SnapshotStore>>,
): void {
  describe(`SnapshotStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
    });
    afterAll(() => engine.end());

    const snapshotOf = (scope: ProjectScope, change: Partial<Snapshot> = {}): Snapshot => ({
      id: asId<SnapshotId>(randomUUID()),
      projectId: scope.projectId,
      trigger: 'scheduled',
      takenAtMs: T0,
      range: { fromMs: T0 - 300_000, toMs: T0 },
      countByLevel: { info: 120, error: 3 },
      services: [{ serviceName: 'checkout', countByLevel: { error: 3 } }],
      topPatterns: [
        {
          fingerprint: 'f1',
          serviceName: 'checkout',
          level: 'error',
          count: 3,
          example: 'timeout\0 after 30 s',
        },
      ],
      metrics: [{ metricName: 'latency_ms', serviceName: 'checkout', value: 0.1 }],
      queues: [{ queue: 'logs.ingest', messages: 2, deadLetters: 0 }],
      openIncidents: 1,
      ...change,
    });

    it('gives back what was saved, with text that can be kept', async () => {
      const snapshot = snapshotOf(mine);
      await engine.store.save(mine, snapshot);
      expect(await engine.store.find(mine, snapshot.id)).toStrictEqual({
        ...snapshot,
        topPatterns: snapshot.topPatterns.map((one) => ({ ...one, example: 'timeout\ufffd after 30 s' })),
      });
    });

    it('keeps that queues could not be read', async () => {
      const { queues, ...snapshot } = snapshotOf(mine);
      expect(queues).toBeDefined();
      await engine.store.save(mine, snapshot);
      expect(await engine.store.find(mine, snapshot.id)).not.toHaveProperty('queues');
    });

    it('changes nothing when an id is saved again', async () => {
      const snapshot = snapshotOf(mine);
      await engine.store.save(mine, snapshot);
      await engine.store.save(mine, { ...snapshot, openIncidents: 9 });
      expect(await engine.store.find(mine, snapshot.id)).toMatchObject({ openIncidents: 1 });
    });

    it('lists the newest first, page by page', async () => {
      for (const offset of [1, 3, 2, 3])
        await engine.store.save(mine, snapshotOf(mine, { takenAtMs: T0 + offset }));
      const listed = await readAllPages(2, (page) => engine.store.list(mine, page));
      expect(listed.map((one) => one.takenAtMs - T0)).toEqual([3, 3, 2, 1]);
      await expectMalformedCursorRefused((page) => engine.store.list(mine, page));
    });

    it('deletes those that were taken before an instant, and no others', async () => {
      const theirs = await engine.newScope();
      await engine.store.save(theirs, snapshotOf(theirs));
      for (const offset of [0, 1, 2])
        await engine.store.save(mine, snapshotOf(mine, { takenAtMs: T0 + offset }));
      expect(await engine.store.deleteBefore(mine, T0)).toBe(0);
      expect(await engine.store.deleteBefore(mine, T0 + 2)).toBe(2);
      const { items } = await engine.store.list(mine, { limit: 5 });
      expect(items.map(({ takenAtMs }) => takenAtMs - T0)).toEqual([2]);
      expect((await engine.store.list(theirs, { limit: 5 })).total).toBe(1);
    });

    it('keeps projects apart, also where they use the same id', async () => {
      const theirs = await engine.newScope();
      const snapshot = snapshotOf(theirs);
      await engine.store.save(theirs, snapshot);
      expect(await engine.store.find(mine, snapshot.id)).toBeUndefined();
      expect(await engine.store.list(mine, { limit: 5 })).toEqual({ items: [], total: 0 });
      await engine.store.save(mine, snapshotOf(mine, { id: snapshot.id, openIncidents: 7 }));
      expect(await engine.store.find(mine, snapshot.id)).toMatchObject({ openIncidents: 7 });
      expect(await engine.store.find(theirs, snapshot.id)).toMatchObject({ openIncidents: 1 });
    });

    it('says which project is missing', async () => {
      const nowhere = newScope();
      const saved = engine.store.save(nowhere, snapshotOf(nowhere));
      await expect(saved).rejects.toMatchObject({ code: 'OPS_PROJECT_NOT_FOUND' });
    });
  });
}
