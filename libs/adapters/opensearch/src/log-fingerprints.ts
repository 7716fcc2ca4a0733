import { cutToLength } from '../../../core/src/common/clean-text';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import { toIso } from '../../../core/src/common/time-range';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import { type FingerprintCount, MAX_EXAMPLE_CHARS } from '../../../core/src/logs/log-query';
import { logOrder } from './log-order';
import type { QueryClause } from './log-filter-query';
import { compare } from './log-volume';
import { readBuckets } from './read-buckets';
import { type Buckets, type CountedKey, type LogSelection, searchIndices } from './search-indices';

/** OpenSearch's own limit, by its setting index.max_terms_count. */
const TERMS_PER_CLAUSE = 65_536;
/** Examples are read by so many groups at a time: a message may have 256 KiB. */
const EXAMPLES_AT_ONCE = 100;

interface GroupKey {
  readonly fingerprint: string;
  readonly service: string;
}

interface LevelKey extends GroupKey {
  readonly level: LogLevel;
}

/** The records of a group that have one level. */
interface LevelBucket extends CountedKey<LevelKey> {
  readonly first: { readonly value: number };
  readonly last: { readonly value: number };
}

type Group = Omit<FingerprintCount, 'example' | 'exampleId'>;

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

/** The query without the records of these fingerprints. */
export function withoutFingerprints(query: QueryClause, known: readonly Fingerprint[]): QueryClause {
  const clauses: QueryClause[] = [];
  for (let from = 0; from < known.length; from += TERMS_PER_CLAUSE)
    clauses.push({ terms: { fingerprint: known.slice(from, from + TERMS_PER_CLAUSE) } });
  return clauses.length === 0 ? query : { bool: { filter: [query], must_not: clauses } };
}

/** The largest groups first. The level is the most severe one, the example the newest record. */
export async function readFingerprintCounts(
  selection: LogSelection,
  limit: number,
): Promise<readonly FingerprintCount[]> {
  const largest = [...(await readGroups(selection))].sort(byCount).slice(0, limit);
  const counts: FingerprintCount[] = [];
  for (let from = 0; from < largest.length; from += EXAMPLES_AT_ONCE) {
    const part = largest.slice(from, from + EXAMPLES_AT_ONCE);
    const examples = await readExamples(selection, part);
    // A group whose records were deleted in between is gone.
    for (const group of part) {
      const example = examples.get(nameOf(group.fingerprint, group.serviceName));
      if (example !== undefined)
        counts.push({
          ...group,
          example: cutToLength(example.message, MAX_EXAMPLE_CHARS),
          exampleId: example.id,
        });
    }
  }
  return counts;
}

async function readGroups(selection: LogSelection): Promise<Iterable<Group>> {
  // An aggregation of levels below each group would take as long as all the rest (measured).
  const sources = [...GROUP_SOURCES, { level: { terms: { field: 'level' } } }];
  const aggs = { first: { min: { field: 'timestamp' } }, last: { max: { field: 'timestamp' } } };
  const groups = new Map<string, Group>();
  for await (const bucket of readBuckets<LevelBucket>(selection, sources, aggs)) {
    const name = nameOf(bucket.key.fingerprint, bucket.key.service);
    groups.set(name, joined(groups.get(name), bucket));
  }
  return groups.values();
}

const GROUP_SOURCES = [
  { fingerprint: { terms: { field: 'fingerprint' } } },
  { service: { terms: { field: 'service_name' } } },
];

function joined(group: Group | undefined, { key, doc_count, first, last }: LevelBucket): Group {
  const others = group ?? { level: key.level, count: 0, firstAtMs: Infinity, lastAtMs: -Infinity };
  return {
    fingerprint: asId<Fingerprint>(key.fingerprint),
    serviceName: key.service,
    level: LOG_LEVELS.indexOf(key.level) > LOG_LEVELS.indexOf(others.level) ? key.level : others.level,
    count: others.count + doc_count,
    firstAtMs: Math.min(others.firstAtMs, first.value),
    lastAtMs: Math.max(others.lastAtMs, last.value),
  };
}

async function readExamples(
  { connection, indices, query }: LogSelection,
  groups: readonly Group[],
): Promise<ReadonlyMap<string, Example>> {
  const oneOfThem = groups.map(({ fingerprint, serviceName }) => ({
    bool: { filter: [{ term: { fingerprint } }, { term: { service_name: serviceName } }] },
  }));
  // Each group's newest record is of its last instant: without this, all records of all groups are gone through again.
  const lastInstants = { terms: { timestamp: groups.map(({ lastAtMs }) => toIso(lastAtMs)) } };
  const { aggregations } = await searchIndices<ExamplesAnswer>(connection, {
    indices,
    body: {
      size: 0,
      track_total_hits: false,
      query: { bool: { filter: [query, lastInstants, { bool: { should: oneOfThem } }] } },
      aggs: {
        groups: {
          composite: { sources: GROUP_SOURCES, size: groups.length },
          aggs: { newest: { top_hits: { size: 1, sort: logOrder('desc'), _source: ['id', 'message'] } } },
        },
      },
    },
  });
  const examples = new Map<string, Example>();
  for (const { key, newest } of aggregations?.groups.buckets ?? []) {
    const example = newest.hits.hits[0]?._source;
    if (example !== undefined) examples.set(nameOf(key.fingerprint, key.service), example);
  }
  return examples;
}

function byCount(one: Group, other: Group): number {
  return (
    other.count - one.count ||
    compare(one.fingerprint, other.fingerprint) ||
    compare(one.serviceName, other.serviceName)
  );
}

function nameOf(fingerprint: string, service: string): string {
  return `${fingerprint} ${service}`;
}
