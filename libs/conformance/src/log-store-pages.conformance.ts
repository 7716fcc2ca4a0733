import type { LogQuery } from '../../core/src/logs/log-query';
import { ALL, type LogStoreEngine, startLogStore, NOON } from './given-log-records.conformance';
import { readAllPages } from './paging';

/** Reading what was found page by page, and how many there are in all. */
export function logStorePagesConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  it('counts what it shows, also while records come', async () => {
    let isWriting = true;
    const written = (async () => {
      for (let index = 0; index < 40; index += 1) await subject.put([{ index, message: `m${index}` }]);
    })().finally(() => (isWriting = false));
    while (isWriting) await subject.messagesOf({ serviceName: 'api' });
    await written;
  });

  it('counts all that a trace or a request has, however much of it a page shows', async () => {
    const ids = { traceId: 't1', correlationId: 'c1' };
    await subject.put([
      ...['a', 'b', 'c'].map((message, index) => ({ message, index, ...ids })),
      { message: 'of another', traceId: 't2', correlationId: 'c2' },
    ]);
    for (const filter of [{ traceId: 't1' }, { correlationId: 'c1' }]) {
      const page = (place: { limit: number; cursor?: string; offset?: number }) =>
        subject.store.search(subject.mine, { range: ALL, order: 'asc', ...filter, ...place });
      for (const limit of [0, 1, 2, 3, 4]) expect((await page({ limit })).total).toBe(3);
      expect((await page({ limit: 2, offset: 2 })).total).toBe(3);
      expect((await page({ limit: 2, offset: 3 })).total).toBe(3);
      const { nextCursor = 'none' } = await page({ limit: 2 });
      const rest = await page({ limit: 2, cursor: nextCursor });
      expect(rest.total).toBe(3);
      expect(rest.items.map(({ message }) => message)).toEqual(['c']);
    }
  });

  it('gives of a trace or a request what the range has, in order, however much it has elsewhere', async () => {
    const noon = Date.parse(NOON);
    const ids = { traceId: 't1', correlationId: 'c1' };
    const places = [-90_000_000, -2, -1, 0, 0, 0, 1, 500, 999, 1000, 90_000_000];
    await subject.put([
      ...places.map((ms, index) => ({
        message: String(ms),
        index,
        at: new Date(noon + ms).toISOString(),
        ns: BigInt((index * 7919) % 1000),
        level: ms < 500 ? ('info' as const) : ('error' as const),
        ...ids,
      })),
      { message: 'of another', traceId: 't2', correlationId: 'c2' },
    ]);
    await subject.put([{ message: 'not mine', ...ids }], subject.theirs);
    const inRange = ([from, to]: readonly [number, number]) =>
      places.filter((ms) => ms >= from && ms < to).map(String);
    for (const bounds of [
      [-1, 1000],
      [0, 1],
      [1, 500],
      [-1e9, 1e9],
      [2000, 3000],
    ] as const)
      for (const filter of [{ traceId: 't1' }, { correlationId: 'c1' }])
        for (const limit of [1, 4, 10, 11, 12]) {
          const range = { fromMs: noon + bounds[0], toMs: noon + bounds[1] };
          const ask = (rest: Pick<LogQuery, 'order'> & Partial<LogQuery>) =>
            subject.store.search(subject.mine, { range, limit, ...filter, ...rest });
          const up = await ask({ order: 'asc' });
          const down = await ask({ order: 'desc' });
          const expected = inRange(bounds);
          expect(up.items.map(({ message }) => message)).toEqual(expected.slice(0, limit));
          expect(down.items.map(({ message }) => message)).toEqual(expected.toReversed().slice(0, limit));
          expect([up.total, down.total]).toEqual([expected.length, expected.length]);
          const upIds = up.items.map(({ id }) => id);
          expect(upIds).toEqual([...upIds].sort());
          expect(up.nextCursor !== undefined).toBe(expected.length > limit);
          if (up.nextCursor !== undefined) {
            const rest = await ask({ order: 'asc', cursor: up.nextCursor, limit: 12 });
            expect(rest.items.map(({ message }) => message)).toEqual(expected.slice(limit));
          }
          const skipped = await ask({ order: 'asc', offset: 1, limit: 12 });
          expect(skipped.items.map(({ message }) => message)).toEqual(expected.slice(1));
          const errors = await ask({ order: 'asc', levels: ['error'] });
          expect(errors.items.every(({ level }) => level === 'error')).toBe(true);
          expect(errors.total).toBe(expected.filter((ms) => Number(ms) >= 500).length);
        }
  });

  it('pages by cursor without loss or repetition, also among equal timestamps and with new records coming', async () => {
    await subject.put(
      Array.from({ length: 25 }, (_, index) => ({ index, message: `m${index}`, ns: BigInt(index % 3) })),
    );
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await subject.store.search(subject.mine, {
          range: ALL,
          limit: 4,
          order,
          ...(cursor !== undefined && { cursor }),
        });
        expect(page.total).toBeGreaterThanOrEqual(25);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
        if (seen.length === 8)
          await subject.put([
            { message: `late ${order}`, at: order === 'asc' ? '2020-01-01' : '2030-01-01' },
          ]);
      } while (cursor !== undefined);
      const inOrder = [...seen].sort();
      expect(seen).toEqual(order === 'asc' ? inOrder : inOrder.reverse());
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBe(order === 'asc' ? 25 : 26);
    }
  });

  it.each([
    ['one millisecond alone', [40]],
    ['a crowd between single ones', [1, 1, 40, 1, 1]],
    ['crowds side by side', [7, 23, 2, 30]],
    ['single ones', Array<number>(20).fill(1)],
  ])('keeps the order of ids where milliseconds are shared, whatever the page: %s', async (_, crowds) => {
    await subject.put(
      crowds.flatMap((count, at) =>
        Array.from({ length: count }, (_one, index) => ({
          index,
          at: new Date(Date.parse(NOON) + at).toISOString(),
          ns: BigInt((index * 7919) % 1000),
        })),
      ),
    );
    const count = crowds.reduce((sum, one) => sum + one, 0);
    for (const order of ['asc', 'desc'] as const)
      for (const limit of [1, 3, 20, count - 1, count, count + 1]) {
        const ids = (
          await readAllPages(limit, (page) =>
            subject.store.search(subject.mine, { range: ALL, order, ...page }),
          )
        ).map(({ id }) => id);
        const inOrder = [...new Set(ids)].sort();
        expect(inOrder).toHaveLength(count);
        expect(ids).toEqual(order === 'asc' ? inOrder : inOrder.reverse());
      }
  });

  const MINUTE_MS = 60_000;
  it.each<[string, (index: number) => number]>([
    ['evenly', (index) => index * 0.4 * MINUTE_MS],
    ['at the beginning', (index) => index * 40],
    ['at the end', (index) => 1024 * MINUTE_MS - 1 - index * 40],
    ['at both ends', (index) => (index % 2 === 0 ? index * 40 : 1024 * MINUTE_MS - 1 - index * 40)],
    ['with a single one far from all', (index) => (index === 0 ? 0 : 900 * MINUTE_MS + index)],
  ])(
    'gives the records next to the end of a range, and counts all, however they lie in it: %s',
    async (_, placeOf) => {
      const fromMs = Date.parse(NOON);
      const range = { fromMs, toMs: fromMs + 1024 * MINUTE_MS };
      const count = 2500;
      await subject.put([
        ...Array.from({ length: count }, (_one, index) => ({
          index,
          at: new Date(fromMs + placeOf(index)).toISOString(),
        })),
        // Outside of it.
        { index: count, at: new Date(fromMs - 1).toISOString() },
        { index: count + 1, at: new Date(range.toMs).toISOString() },
      ]);
      for (const order of ['asc', 'desc'] as const) {
        const ask = (page: { readonly limit: number; readonly cursor?: string }) =>
          subject.store.search(subject.mine, { range, order, ...page });
        const cursors: (string | undefined)[] = [];
        const ids = (
          await readAllPages(125, (page) => {
            cursors.push(page.cursor);
            return ask(page);
          })
        ).map(({ id }) => id);
        const inOrder = [...new Set(ids)].sort();
        expect(inOrder).toHaveLength(count);
        expect(ids).toEqual(order === 'asc' ? inOrder : inOrder.reverse());
        for (const limit of [0, 1, 4])
          for (const [page, cursor] of cursors.entries()) {
            const { items, total } = await ask({ limit, ...(cursor !== undefined && { cursor }) });
            expect(items.map(({ id }) => id)).toEqual(ids.slice(page * 125, page * 125 + limit));
            expect(total).toBe(count);
          }
      }
    },
  );

  it('skips by offset, and counts all that match', async () => {
    await subject.put(Array.from({ length: 5 }, (_, index) => ({ index, message: `m${index}` })));
    const page = await subject.store.search(subject.mine, {
      range: ALL,
      limit: 2,
      offset: 3,
      order: 'asc',
    });
    expect(page.items.map(({ message }) => message)).toEqual(['m3', 'm4']);
    expect(page).toMatchObject({ total: 5 });
    expect(page.nextCursor).toBeUndefined();
    expect(
      await subject.store.search(subject.mine, { range: ALL, limit: 2, offset: 9, order: 'asc' }),
    ).toEqual({
      items: [],
      total: 5,
    });
  });

  it.each(['nonsense', '', 'AAAA', Buffer.from('["x"]').toString('base64url')])(
    'refuses the cursor %j as the caller’s mistake',
    async (cursor) => {
      const query = { range: ALL, limit: 1, order: 'asc', cursor } as const;
      await expect(subject.store.search(subject.mine, query)).rejects.toMatchObject({
        kind: 'invalid',
        code: 'OPS_REQUEST_INVALID',
      });
    },
  );
}
