import { randomUUID } from 'node:crypto';
import { asId, type ChannelId } from '../../core/src/common/ids';
import type { Channel } from '../../core/src/notify/channel';
import type { ChannelStore } from '../../core/src/notify/channel-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectLimitHolds } from './limits';
import { expectMalformedCursorRefused, readAllPages } from './paging';

const MOST = 3;

/** What every ChannelStore promises. */
export function channelStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<ChannelStore>>,
): void {
  describe(`ChannelStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;
    let theirs: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      [mine, theirs] = [await engine.newScope(), await engine.newScope()];
    });
    afterAll(() => engine.end());

    const channelOf = (scope: ProjectScope, change: Partial<Channel> = {}): Channel => ({
      id: asId<ChannelId>(randomUUID()),
      projectId: scope.projectId,
      name: 'on-call',
      enabled: true,
      kind: 'webhook',
      url: 'https://hooks.example/ops?a=b',
      secret: 's3cret ☂',
      createdAtMs: 1_700_000_000_123,
      ...change,
    });

    it('gives back what was created', async () => {
      const channel = channelOf(mine, { enabled: false });
      await engine.store.create(mine, channel, MOST);
      expect(await engine.store.find(mine, channel.id)).toStrictEqual(channel);
    });

    it('neither shows nor deletes channels of another project', async () => {
      const channel = channelOf(theirs);
      await engine.store.create(theirs, channel, MOST);
      expect(await engine.store.find(mine, channel.id)).toBeUndefined();
      expect(await engine.store.delete(mine, channel.id)).toBe(false);
      expect((await engine.store.list(mine, { limit: 10 })).total).toBe(0);
      expect(await engine.store.find(theirs, channel.id)).toStrictEqual(channel);
    });

    it('takes no more than the most, of many at once too', async () => {
      await expectLimitHolds(
        MOST,
        () => engine.newScope(),
        (scope) => engine.store.create(scope, channelOf(scope), MOST),
        async (scope) => (await engine.store.list(scope, { limit: 1 })).total,
      );
    });

    it('deletes once', async () => {
      const channel = channelOf(mine);
      await engine.store.create(mine, channel, MOST);
      expect(await engine.store.delete(mine, channel.id)).toBe(true);
      expect(await engine.store.delete(mine, channel.id)).toBe(false);
      expect(await engine.store.find(mine, channel.id)).toBeUndefined();
    });

    it('lists the channels in order of creation, page by page', async () => {
      for (const createdAtMs of [2, 3, 1])
        await engine.store.create(mine, channelOf(mine, { createdAtMs }), MOST);
      const listed = await readAllPages(1, (page) => engine.store.list(mine, page));
      expect(listed.map((channel) => channel.createdAtMs)).toEqual([1, 2, 3]);
      await expectMalformedCursorRefused((page) => engine.store.list(mine, page));
    });
  });
}
