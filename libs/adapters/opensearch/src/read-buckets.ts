import type { QueryClause } from './log-filter-query';
import { type Buckets, type CountedKey, type LogSelection, searchIndices } from './search-indices';

/** Few pages, as each goes through all records again; below the 65,535 buckets that OpenSearch allows an answer. */
const BUCKETS_PER_PAGE = 20_000;
/** Of more buckets than this in one range, the first are read, in the order of their keys. */
const MAX_PAGES = 10;

interface BucketsAnswer<Bucket, Key> {
  readonly aggregations?: { readonly groups: Buckets<Bucket> & { readonly after_key?: Key } };
}

/**
 * Every group of records with its exact count, in the order of their keys, page by page.
 * @param sources of a composite aggregation; their names are those of a key's fields
 * @param aggs what is wanted of each group besides
 */
export async function* readBuckets<Bucket extends CountedKey<unknown>>(
  { connection, indices, query }: LogSelection,
  sources: readonly QueryClause[],
  aggs: QueryClause = {},
): AsyncGenerator<Bucket> {
  let after: Bucket['key'] | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { aggregations } = await searchIndices<BucketsAnswer<Bucket, Bucket['key']>>(connection, {
      indices,
      body: {
        size: 0,
        track_total_hits: false,
        query,
        aggs: {
          groups: {
            composite: { sources, size: BUCKETS_PER_PAGE, ...(after !== undefined && { after }) },
            aggs,
          },
        },
      },
    });
    const { buckets = [], after_key } = aggregations?.groups ?? {};
    yield* buckets;
    // A last page has a key to go on after as well: asking there goes through all records for nothing.
    if (after_key === undefined || buckets.length < BUCKETS_PER_PAGE) return;
    after = after_key;
  }
}
