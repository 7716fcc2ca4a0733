import type { EncodedBatch } from '../ingest/write-outcome';

/** One page of a listing. `nextCursor` is opaque to callers and absent on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** How many items match in all, not only on this page. */
  readonly total: number;
  readonly nextCursor?: string;
}

/** A page whose items are lines of JSON. */
export interface EncodedPage extends EncodedBatch, Pick<Page<never>, 'total' | 'nextCursor'> {}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}
