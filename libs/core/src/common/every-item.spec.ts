import { everyItem } from './every-item';
import type { PageRequest } from './page';

const ITEMS = ['a', 'b', 'c', 'd', 'e'];

function list({ limit, cursor }: PageRequest) {
  const from = cursor === undefined ? 0 : Number(cursor);
  const to = from + limit;
  return Promise.resolve({
    items: ITEMS.slice(from, to),
    total: ITEMS.length,
    ...(to < ITEMS.length && { nextCursor: String(to) }),
  });
}

describe('everyItem', () => {
  it.each([1, 2, 5, 6])('gives each item once and in order, with pages of %d', async (limit) => {
    const found: string[] = [];
    for await (const item of everyItem(limit, list)) found.push(item);
    expect(found).toEqual(ITEMS);
  });

  it('asks for no page that nobody wants any more', async () => {
    const asked: (string | undefined)[] = [];
    const listed = everyItem(2, (request) => {
      asked.push(request.cursor);
      return list(request);
    });
    for await (const item of listed) if (item === 'b') break;
    expect(asked).toEqual([undefined]);
  });
});
