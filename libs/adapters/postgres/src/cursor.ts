import { OpsError } from '../../../core/src/common/errors';
import type { Page, PageRequest } from '../../../core/src/common/page';

type Part = 'instant' | 'number' | 'text';
type Values<Parts extends readonly Part[]> = {
  readonly [Index in keyof Parts]: Parts[Index] extends 'text' ? string : number;
};

/** Of a listing that may also begin after so many. */
type PlacedPageRequest = PageRequest & { readonly offset?: number };

const MAX_CURSOR_LENGTH = 1024;
/** The range of timestamptz is smaller than that of Date at its early end: year 1 is early enough. */
const MIN_INSTANT_MS = -62_135_596_800_000;
const MAX_INSTANT_MS = 8_640_000_000_000_000;

/** The place in an order after which the next page begins, as opaque text: base64url of a JSON array. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * What encodeCursor was given; undefined for no cursor. `parts` says what the array must hold; an instant is in epoch
 * milliseconds. Errors: `invalid` naming the field `cursor`, for text that this order's encodeCursor did not make.
 */
export function decodeCursor<const Parts extends readonly Part[]>(
  cursor: string | undefined,
  parts: Parts,
): Values<Parts> | undefined {
  if (cursor === undefined) return undefined;
  const values = parseValues(cursor);
  if (values?.length !== parts.length || !parts.every((part, index) => isPart(part, values[index])))
    throw malformedCursor();
  // Checked part by part on the line above, which the type system cannot follow.
  return values as unknown as Values<Parts>;
}

/**
 * One page from rows that were asked for with `limit + 1`: the row too many only tells that there is a next page. `counted`
 * comes of a statement of its own, between which and the rows' others may have stored some: a listing that is seen
 * whole has as many as are seen, and none has fewer.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  request: PlacedPageRequest,
  counted: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => readonly (string | number)[],
): Page<Item> {
  const { limit } = request;
  const items = rows.slice(0, limit).map(toItem);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const total = isWholeListing(rows, request) ? items.length : Math.max(counted, rows.length);
  return { items, total, ...(last !== undefined && { nextCursor: encodeCursor(cursorOf(last)) }) };
}

/** Whether these are all there are: they begin where the listing does, and the row too many did not come. */
export function isWholeListing(
  rows: readonly unknown[],
  { limit, cursor, offset = 0 }: PlacedPageRequest,
): boolean {
  return rows.length <= limit && cursor === undefined && offset === 0;
}

function parseValues(cursor: string): readonly unknown[] | undefined {
  if (cursor.length > MAX_CURSOR_LENGTH) return undefined;
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

function isPart(part: Part, value: unknown): boolean {
  switch (part) {
    case 'text':
      return typeof value === 'string' && !value.includes('\0');
    case 'number':
      return Number.isSafeInteger(value);
    case 'instant':
      return (
        typeof value === 'number' &&
        Number.isSafeInteger(value) &&
        value >= MIN_INSTANT_MS &&
        value <= MAX_INSTANT_MS
      );
  }
}

export function malformedCursor(): OpsError {
  return new OpsError('invalid', 'OPS_REQUEST_INVALID', 'the cursor is not one of this listing', {
    fields: [
      {
        field: 'cursor',
        reason: 'is not a cursor of this listing',
        allowed: 'the next_cursor of its previous page',
      },
    ],
  });
}
