import { notOpenSearch, toRefusal, toRefusalError } from './engine-error';
import { isFields } from './is-fields';
import type { QueryClause } from './log-filter-query';
import type { OpenSearchConnection } from './opensearch-connection';
import { whenShardsAreThere } from './when-shards-are-there';

/**
 * An index that is not there has no records; one that cannot be read may have some, and no answer leaves them out. OpenSearch tells one
 * from the other only for patterns: of a name, it either misses the index or passes over a closed one.
 */
const ALL_THERE_IS = {
  ignore_unavailable: false,
  allow_no_indices: true,
  expand_wildcards: 'open,closed',
  allow_partial_search_results: false,
};
const OPEN_ONES = { ...ALL_THERE_IS, ignore_unavailable: true, expand_wildcards: 'open' };
/** What every answer to a search says, also one without indices that could be searched. */
const IN_EVERY_ANSWER = 'timed_out';
/** OpenSearch runs few of them at once anyway; shorter requests let others in between. */
const SEARCHES_AT_ONCE = 100;

export interface IndexSearch {
  /** Names, or patterns that end with an asterisk. */
  readonly indices: readonly string[];
  /** Whether closed ones are passed over, as nothing is lost by that; else there is no answer while there are any. */
  readonly isOfOpenOnes?: boolean;
  readonly body: QueryClause;
  /** Of the answer, where not all of it is wanted. */
  readonly parts?: string;
}

/** Documents of some indices, to be asked for in one way or another. */
export interface LogSelection {
  readonly connection: OpenSearchConnection;
  readonly indices: readonly string[];
  readonly query: QueryClause;
}

/** A terms aggregation's buckets, or a histogram's. */
export interface Buckets<Bucket> {
  readonly buckets: readonly Bucket[];
}

export interface CountedKey<Key = string> {
  readonly key: Key;
  readonly doc_count: number;
}

/** `Answer` is what the body makes OpenSearch answer. */
export async function searchIndices<Answer>(
  connection: OpenSearchConnection,
  { indices, body, parts, isOfOpenOnes = false }: IndexSearch,
): Promise<Answer> {
  const answer = await whenShardsAreThere(() =>
    connection.send({
      method: 'POST',
      path: `/${asPatterns(indices).join(',')}/_search`,
      query: {
        ...(isOfOpenOnes ? OPEN_ONES : ALL_THERE_IS),
        ...(parts !== undefined && { filter_path: `${IN_EVERY_ANSWER},${parts}` }),
      },
      body,
    }),
  );
  return toSearchAnswer<Answer>(answer.body);
}

/** The answers to many searches, in their order. Errors: that of the first search that failed. */
export async function searchMany<Answer>(
  connection: OpenSearchConnection,
  searches: readonly IndexSearch[],
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let from = 0; from < searches.length; from += SEARCHES_AT_ONCE) {
    const lines = searches
      .slice(from, from + SEARCHES_AT_ONCE)
      .map(
        ({ indices, body }) =>
          `${JSON.stringify({ index: asPatterns(indices), ...ALL_THERE_IS })}\n${JSON.stringify(body)}\n`,
      );
    answers.push(...(await whenShardsAreThere(() => sendSearches<Answer>(connection, lines))));
  }
  return answers;
}

/** No other index has a name that begins with one of ours (index-names.ts). */
function asPatterns(indices: readonly string[]): readonly string[] {
  return indices.map((name) => (name.endsWith('*') ? name : `${name}*`));
}

async function sendSearches<Answer>(
  connection: OpenSearchConnection,
  lines: readonly string[],
): Promise<readonly Answer[]> {
  const { body } = await connection.send({ method: 'POST', path: '/_msearch', lines: lines.join('') });
  const { responses } = body as { readonly responses?: readonly SearchFailure[] };
  if (responses?.length !== lines.length) throw notOpenSearch();
  for (const { error, status } of responses)
    if (error !== undefined) throw toRefusalError(toRefusal(status ?? 0, error));
  return responses.map((response) => toSearchAnswer<Answer>(response));
}

/** Without this, what is no answer to a search would pass for one that found nothing. */
function toSearchAnswer<Answer>(body: unknown): Answer {
  if (!isFields(body) || typeof body[IN_EVERY_ANSWER] !== 'boolean') throw notOpenSearch();
  return body as Answer;
}

interface SearchFailure {
  readonly status?: number;
  readonly error?: unknown;
}
