import type { LogHit } from './log-documents';
import type { QueryClause } from './log-filter-query';
import type { OpenSearchConnection } from './opensearch-connection';

export interface LogSelection {
  readonly connection: OpenSearchConnection;
  readonly indices: readonly string[];
  readonly query: QueryClause;
}

export interface SortedHit extends LogHit {
  /** Begins with the record's milliseconds. */
  readonly sort: readonly [number, ...unknown[]];
}

export interface SortedHits {
  readonly hits: { readonly total?: { readonly value: number }; readonly hits: readonly SortedHit[] };
}
