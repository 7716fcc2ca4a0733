import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { newScope } from '../../../../test/support/new-scope';
import { openSearchForEach } from '../../../../test/support/opensearch-specs';
import { ALL, recordOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import type { LogQuery } from '../../../core/src/logs/log-query';

const NOON_MS = Date.parse('2026-03-10T12:00:00Z');
/** Of a page after another: some of what that one had may come again. */
const SEEN_AGAIN = 16;

interface Asked {
  readonly size: number;
  readonly track_total_hits?: boolean;
  readonly sort: readonly object[];
  readonly query: unknown;
}

describeWithEngine('opensearch', 'readLogPage', (url) => {
  const subject = openSearchForEach(url);
  const scope = newScope();

  /** Puts a record at each place, in milliseconds from noon on. */
  async function put(...places: readonly number[]): Promise<void> {
    const records = places.map((place, index) =>
      recordOf(scope, { at: new Date(NOON_MS + place).toISOString(), index }),
    );
    await subject.store.ensurePartitions(0);
    await subject.store.write(scope, encodeLogBatch(records));
  }

  async function page(place: Pick<LogQuery, 'limit' | 'cursor' | 'offset' | 'order'>) {
    const send = jest.spyOn(subject.connection, 'send');
    // Such as no part of the range is looked in first for.
    const found = await subject.store.search(scope, { range: ALL, receivedRange: ALL, ...place });
    const asked = send.mock.calls.map(([{ body }]) => body as Asked);
    send.mockRestore();
    return { ...found, asked, sizes: asked.map(({ size }) => size) };
  }

  function partOf(body: string): readonly number[] {
    const { query } = JSON.parse(body) as { query: { bool: { filter: readonly unknown[] } } };
    const { range } = query.bool.filter[1] as { range: { timestamp: { gte: number; lt: number } } };
    return [range.timestamp.gte - NOON_MS, range.timestamp.lt - NOON_MS];
  }

  it.each(['asc', 'desc'] as const)(
    'asks once, for little more than a page, where records are of different milliseconds: %s',
    async (order) => {
      await put(0, 1, 2, 3, 4, 5);
      const first = await page({ limit: 2, order });
      expect([first.sizes, first.total, first.items.length]).toEqual([[3], 6, 2]);
      const cursor = first.nextCursor ?? 'none';
      const second = await page({ limit: 2, order, cursor });
      expect([second.sizes, second.total, second.items.length]).toEqual([[3 + SEEN_AGAIN], 6, 2]);
    },
  );

  it('asks once where a page ends with all records of a millisecond, and for a last one', async () => {
    await put(0, 0, 1, 1);
    expect((await page({ limit: 2, order: 'asc' })).sizes).toEqual([3]);
    expect((await page({ limit: 4, order: 'asc' })).sizes).toEqual([5]);
    expect((await page({ limit: 9, order: 'asc' })).sizes).toEqual([10]);
  });

  it.each([
    ['asc', { lte: NOON_MS + 1, format: 'epoch_millis' }],
    ['desc', { gte: NOON_MS + 1, format: 'epoch_millis' }],
  ] as const)(
    'asks again, by id and no further, where a page ends within a millisecond: %s',
    async (order, bound) => {
      await put(0, 1, 1, 1, 1, 2);
      const { asked, sizes, total, items } = await page({ limit: 3, order });
      expect([sizes, total, items.length]).toEqual([[4, 4], 6, 3]);
      expect(asked[1]).toMatchObject({
        sort: [{ timestamp: { order } }, { id: { order } }],
        track_total_hits: false,
      });
      expect(JSON.stringify(asked[1]?.query)).toContain(JSON.stringify({ timestamp: bound }));
    },
  );

  it.each([
    ['asc', [0, 1000], [100, 1100]],
    ['desc', [255_000, 256_000], [254_801, 255_801]],
  ] as const)(
    'looks next to where a page begins first, where all records are wanted: %s',
    async (order, first, second) => {
      const range = { fromMs: NOON_MS, toMs: NOON_MS + 256_000 };
      await put(0, 100, 200, 255_700, 255_800, 255_900);
      const look = async (place: Pick<LogQuery, 'cursor'>) => {
        const send = jest.spyOn(subject.connection, 'send');
        const { nextCursor = 'none' } = await subject.store.search(scope, {
          range,
          limit: 2,
          order,
          ...place,
        });
        const [asked = ''] = send.mock.calls.map(([{ lines }]) => String(lines));
        send.mockRestore();
        return { nextCursor, part: partOf(asked.trim().split('\n').at(-1) ?? '') };
      };
      const { nextCursor: cursor, part } = await look({});
      expect([part, (await look({ cursor })).part]).toEqual([first, second]);
    },
  );

  it('asks once, and counts, where a page begins at an offset', async () => {
    await put(0, 1, 2);
    const { asked, total, items } = await page({ limit: 1, order: 'asc', offset: 1 });
    expect(asked).toMatchObject([{ size: 2, from: 1, track_total_hits: true }]);
    expect([total, items.length]).toEqual([3, 1]);
  });
});
