/** One page of a listing. `nextCursor` is opaque to callers and absent on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** How many items match in all, not only on this page. */
  readonly total: number;
  readonly nextCursor?: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}
