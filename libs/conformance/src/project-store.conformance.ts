import { asId, type ProjectId } from '../../core/src/common/ids';
import type { Project } from '../../core/src/projects/project';
import type { ProjectStore } from '../../core/src/projects/project-store.port';

/** What every ProjectStore promises. */
export function projectStoreConformance(
  name: string,
  start: () => Promise<{ readonly store: ProjectStore; end(): Promise<void> }>,
): void {
  describe(`ProjectStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    const project = (id: string): Project => ({
      id: asId<ProjectId>(id),
      name: `project ${id}`,
      createdAtMs: 1_700_000_000_123,
    });

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.end());

    it('finds what was created, and nothing else', async () => {
      expect(await engine.store.create(project('found'))).toStrictEqual(project('found'));
      expect(await engine.store.find(asId<ProjectId>('found'))).toStrictEqual(project('found'));
      expect(await engine.store.find(asId<ProjectId>('absent'))).toBeUndefined();
    });

    it('returns the project that is there already when it is created again', async () => {
      await engine.store.create(project('twice'));
      const again = await engine.store.create({ ...project('twice'), name: 'other', createdAtMs: 5 });
      expect(again).toStrictEqual(project('twice'));
    });

    it('creates one project when many create it at once', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `racer ${index}`);
      const made = await Promise.all(
        names.map((racer) => engine.store.create({ ...project('race'), name: racer })),
      );
      expect(new Set(made.map((one) => one.name)).size).toBe(1);
    });

    it('keeps how long records are kept, and forgets what is left out', async () => {
      const id = asId<ProjectId>('retaining');
      expect(await engine.store.setRetention(id, { logs: 7 })).toBe(false);
      await engine.store.create(project('retaining'));
      expect(await engine.store.setRetention(id, { logs: 0, metrics: 30 })).toBe(true);
      expect((await engine.store.find(id))?.retention).toStrictEqual({ logs: 0, metrics: 30 });
      expect((await engine.store.create(project('retaining'))).retention).toStrictEqual({
        logs: 0,
        metrics: 30,
      });
      expect(await engine.store.setRetention(id, { metrics: 5 })).toBe(true);
      const listed = await engine.store.listAfter(asId<ProjectId>('retainin'), 1);
      expect(listed).toStrictEqual([{ ...project('retaining'), retention: { metrics: 5 } }]);
      await engine.store.setRetention(id, {});
      expect(await engine.store.find(id)).toStrictEqual(project('retaining'));
      const born = { ...project('born-retaining'), retention: { logs: 3 } };
      expect(await engine.store.create(born)).toStrictEqual(born);
    });

    it('lists all projects by id, page by page', async () => {
      for (const id of ['list-b', 'list-C', 'list-a']) await engine.store.create(project(id));
      const ids: string[] = [];
      let after: ProjectId | undefined;
      for (;;) {
        const page = await engine.store.listAfter(after, 2);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(2);
        ids.push(...page.map((one) => one.id));
        after = page.at(-1)?.id;
      }
      expect(ids).toEqual([...ids].sort());
      expect(ids.filter((id) => id.startsWith('list-'))).toEqual(['list-C', 'list-a', 'list-b']);
    });
  });
}
