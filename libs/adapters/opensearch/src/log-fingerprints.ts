import { asId, type Fingerprint } from '../../../core/src/common/ids';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import { type FingerprintCount, MAX_EXAMPLE_CHARS } from '../../../core/src/logs/log-query';
import { logOrder } from './log-order';
import type { QueryClause } from './log-filter-query';
import { compare } from './log-volume';
import type { OpenSearchConnection } from './opensearch-connection';
import { type Buckets, type CountedKey, searchIndices } from './search-indices';

/** With a bucket per level each, below the 65,535 buckets that OpenSearch allows an answer. */
const GROUPS_PER_PAGE = 8000;
/** A project with more groups than this in one range counts the first of them by fingerprint. */
const MAX_PAGES = 25;
/** Examples are read by so many groups at a time: a message may have 256 KiB. */
const EXAMPLES_AT_ONCE = 100;

interface GroupKey {
  readonly fingerprint: string;
  readonly service: string;
}

interface Group extends CountedKey<GroupKey> {
  readonly first: { readonly value: number };
  readonly last: { readonly value: number };
  readonly levels: Buckets<CountedKey<LogLevel>>;
}

interface GroupsAnswer {
  readonly aggregations?: { readonly groups: Buckets<Group> & { readonly after_key?: GroupKey } };
}

interface Example {
  readonly id: string;
  readonly message: string;
}

interface ExamplesAnswer {
  readonly aggregations?: {
    readonly groups: Buckets<
      CountedKey<GroupKey> & {
        readonly newest: { readonly hits: { readonly hits: readonly { readonly _source: Example }[] } };
      }
    >;
  };
}

/** Where to look, and for what. */
interface Selection {
  readonly connection: OpenSearchConnection;
  readonly indices: readonly string[];
  readonly query: QueryClause;
}

/** The largest groups first. The level is the most severe one, the example the newest record. */
export async function readFingerprintCounts(
  selection: Selection,
  limit: number,
): Promise<readonly FingerprintCount[]> {
  const groups = await readGroups(selection);
  const largest = [...groups].sort(byCount).slice(0, limit);
  const counts: FingerprintCount[] = [];
  for (let from = 0; from < largest.length; from += EXAMPLES_AT_ONCE) {
    const part = largest.slice(from, from + EXAMPLES_AT_ONCE);
    const examples = await readExamples(selection, part);
    // A group whose records were deleted in between is gone.
    for (const group of part) {
      const example = examples.get(nameOf(group.key));
      if (example !== undefined) counts.push(toFingerprintCount(group, example));
    }
  }
  return counts;
}

/** Every group with its exact count: groups are counted in the order of their keys, page by page. */
async function readGroups({ connection, indices, query }: Selection): Promise<readonly Group[]> {
  const groups: Group[] = [];
  let after: GroupKey | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { aggregations } = await searchIndices<GroupsAnswer>(connection, {
      indices,
      body: {
        size: 0,
        track_total_hits: false,
        query,
        aggs: {
          groups: {
            composite: { ...GROUP_SOURCES, size: GROUPS_PER_PAGE, ...(after !== undefined && { after }) },
            aggs: {
              first: { min: { field: 'timestamp' } },
              last: { max: { field: 'timestamp' } },
              levels: { terms: { field: 'level', size: LOG_LEVELS.length } },
            },
          },
        },
      },
    });
    groups.push(...(aggregations?.groups.buckets ?? []));
    after = aggregations?.groups.after_key;
    if (after === undefined) break;
  }
  return groups;
}

const GROUP_SOURCES = {
  sources: [
    { fingerprint: { terms: { field: 'fingerprint' } } },
    { service: { terms: { field: 'service_name' } } },
  ],
};

async function readExamples(
  { connection, indices, query }: Selection,
  groups: readonly Group[],
): Promise<ReadonlyMap<string, Example>> {
  const oneOfThem = groups.map(({ key }) => ({
    bool: {
      filter: [{ term: { fingerprint: key.fingerprint } }, { term: { service_name: key.service } }],
    },
  }));
  const { aggregations } = await searchIndices<ExamplesAnswer>(connection, {
    indices,
    body: {
      size: 0,
      track_total_hits: false,
      query: { bool: { filter: [query, { bool: { should: oneOfThem } }] } },
      aggs: {
        groups: {
          composite: { ...GROUP_SOURCES, size: groups.length },
          aggs: { newest: { top_hits: { size: 1, sort: logOrder('desc'), _source: ['id', 'message'] } } },
        },
      },
    },
  });
  const examples = new Map<string, Example>();
  for (const { key, newest } of aggregations?.groups.buckets ?? []) {
    const example = newest.hits.hits[0]?._source;
    if (example !== undefined) examples.set(nameOf(key), example);
  }
  return examples;
}

function toFingerprintCount(group: Group, example: Example): FingerprintCount {
  const levels = group.levels.buckets.map(({ key }) => LOG_LEVELS.indexOf(key));
  return {
    fingerprint: asId<Fingerprint>(group.key.fingerprint),
    serviceName: group.key.service,
    level: LOG_LEVELS[Math.max(0, ...levels)] ?? 'info',
    count: group.doc_count,
    firstAtMs: group.first.value,
    lastAtMs: group.last.value,
    example: example.message.slice(0, MAX_EXAMPLE_CHARS),
    exampleId: example.id,
  };
}

function byCount(one: Group, other: Group): number {
  return (
    other.doc_count - one.doc_count ||
    compare(one.key.fingerprint, other.key.fingerprint) ||
    compare(one.key.service, other.key.service)
  );
}

function nameOf({ fingerprint, service }: GroupKey): string {
  return `${fingerprint} ${service}`;
}
