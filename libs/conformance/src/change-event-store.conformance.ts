import { randomUUID } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import { encodeEventBatch } from '../../contracts/src/event-batch.message';
import { joinBatches } from '../../contracts/src/ndjson';
import { asId, type ChangeEventId } from '../../core/src/common/ids';
import type { ChangeEvent } from '../../core/src/ingest/change-event';
import type { ChangeEventStore } from '../../core/src/ingest/change-event-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const RANGE = { fromMs: NOON, toMs: NOON + 3_600_000 };

function eventOf(scope: ProjectScope, given: Partial<ChangeEvent> = {}): ChangeEvent {
  return {
    id: asId<ChangeEventId>(randomUUID()),
    projectId: scope.projectId,
    kind: 'deploy',
    serviceName: 'api',
    title: 'deploy api',
    timestamp: '2026-03-10T12:00:00.000Z',
    context: {},
    ...given,
  };
}

/** What every ChangeEventStore promises. */
export function changeEventStoreConformance(
  name: string,
  start: () => Promise<{ readonly store: ChangeEventStore; end(): Promise<void> }>,
): void {
  describe(`ChangeEventStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let store: ChangeEventStore;
    let mine: ProjectScope;
    let theirs: ProjectScope;

    beforeAll(async () => {
      engine = await start();
      store = engine.store;
    });
    beforeEach(() => {
      mine = newScope();
      theirs = newScope();
    });
    afterAll(() => engine.end());

    it('gives back what it was given, every field of it', async () => {
      const full = eventOf(mine, {
        kind: 'flag',
        title: 'größe "x"\n',
        version: 'v1.2.3',
        link: 'https://example.com/1',
        timestamp: '2026-03-10T12:00:00.123Z',
        context: { by: 'ä', count: 1.5, ok: true, none: null },
      });
      await store.write(mine, encodeEventBatch([full]));
      expect(await store.list(mine, { range: RANGE }, { limit: 10 })).toEqual({ items: [full], total: 1 });
    });

    it('changes nothing when an event comes again', async () => {
      const event = eventOf(mine);
      const batch = encodeEventBatch([event]);
      expect(await store.write(mine, batch)).toEqual({ written: 1, duplicates: 0, rejected: [] });
      const other = eventOf(mine);
      const both = encodeEventBatch([{ ...event, title: 'changed' }, other]);
      expect(await store.write(mine, both)).toEqual({ written: 1, duplicates: 1, rejected: [] });
      const { items } = await store.list(mine, { range: RANGE }, { limit: 10 });
      expect(items.find(({ id }) => id === event.id)?.title).toBe('deploy api');
    });

    it('rejects bad lines by index, and writes their neighbours', async () => {
      const batch = joinBatches([
        encodeEventBatch([eventOf(mine)]),
        { ndjson: new TextEncoder().encode('{"id":"x"}\n'), recordCount: 1 },
        encodeEventBatch([eventOf(mine)]),
      ]);
      const outcome = await store.write(mine, batch);
      expect(outcome).toMatchObject({ written: 2, duplicates: 0, rejected: [{ index: 1 }] });
    });

    it('lists the newest first, within the range, of one service where asked, and of one project always', async () => {
      const at = (timestamp: string, serviceName = 'api') => eventOf(mine, { timestamp, serviceName });
      const first = at('2026-03-10T12:00:00.000Z');
      const second = at('2026-03-10T12:30:00.000Z', 'web');
      const third = at('2026-03-10T12:59:59.999Z');
      await store.write(
        mine,
        encodeEventBatch([
          first,
          third,
          second,
          at('2026-03-10T11:59:59.999Z'),
          at('2026-03-10T13:00:00.000Z'),
        ]),
      );
      await store.write(theirs, encodeEventBatch([eventOf(theirs)]));
      expect((await store.list(mine, { range: RANGE }, { limit: 10 })).items).toEqual([third, second, first]);
      const web = await store.list(mine, { range: RANGE, serviceName: 'web' }, { limit: 10 });
      expect(web).toEqual({ items: [second], total: 1 });
      expect((await store.list(theirs, { range: RANGE }, { limit: 10 })).total).toBe(1);
    });

    it('pages by cursor without loss or repetition, also among equal timestamps', async () => {
      const events = Array.from({ length: 7 }, () => eventOf(mine));
      await store.write(mine, encodeEventBatch(events));
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const request = { limit: 3, ...(cursor !== undefined && { cursor }) };
        const page = await store.list(mine, { range: RANGE }, request);
        expect(page.total).toBe(7);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect([...seen].sort()).toEqual(events.map(({ id }) => id as string).sort());
      const wrongCursor = store.list(mine, { range: RANGE }, { limit: 1, cursor: 'nonsense' });
      await expect(wrongCursor).rejects.toMatchObject({ kind: 'invalid' });
    });

    it('deletes what is older than an instant, of one project only, and says how many', async () => {
      const at = (offsetMs: number) => ({ timestamp: new Date(NOON + offsetMs).toISOString() });
      await store.write(mine, encodeEventBatch([0, 1, 2].map((offsetMs) => eventOf(mine, at(offsetMs)))));
      await store.write(theirs, encodeEventBatch([eventOf(theirs)]));
      expect(await store.deleteBefore(mine, NOON)).toBe(0);
      expect(await store.deleteBefore(mine, NOON + 2)).toBe(2);
      const { items } = await store.list(mine, { range: RANGE }, { limit: 10 });
      expect(items.map(({ timestamp }) => Date.parse(timestamp) - NOON)).toEqual([2]);
      expect((await store.list(theirs, { range: RANGE }, { limit: 10 })).total).toBe(1);
    });
  });
}
