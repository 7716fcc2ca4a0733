import type { Page, PageRequest } from '../../core/src/common/page';

/** All items of a listing, read page by page. Fails where totals disagree or the listing does not end. */
export async function readAllPages<Item>(
  limit: number,
  list: (page: PageRequest) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  const totals = new Set<number>();
  for (let cursor: string | undefined, pages = 0; pages < 1000; pages += 1) {
    const page = await list({ limit, ...(cursor !== undefined && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    totals.add(page.total);
    if (page.nextCursor === undefined) {
      expect([...totals]).toEqual([items.length]);
      return items;
    }
    cursor = page.nextCursor;
  }
  throw new Error('the listing does not end');
}

/** Every listing refuses a cursor that it did not make, in the same words. */
export async function expectMalformedCursorRefused(
  list: (page: PageRequest) => Promise<unknown>,
): Promise<void> {
  for (const cursor of ['', 'nonsense', Buffer.from('[{}]').toString('base64url')]) {
    await expect(list({ limit: 1, cursor })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'OPS_REQUEST_INVALID',
      fields: [{ field: 'cursor' }],
    });
  }
}
