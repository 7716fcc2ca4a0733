import type { Page, PageRequest } from './page';

/** All items of a listing in its order, a page of `limit` at a time. Errors: those of `list`. */
export async function* everyItem<Item>(
  limit: number,
  list: (request: PageRequest) => Promise<Page<Item>>,
): AsyncGenerator<Item, void> {
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await list({ limit, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
