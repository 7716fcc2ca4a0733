import { asId, type ProjectId } from '../../../core/src/common/ids';
import {
  type AgeLimits,
  type DroppedDay,
  mayDropDay,
  type OnDropped,
  type ReadLimits,
} from '../../../core/src/projects/retention';
import { isRefused, notOpenSearch } from './engine-error';
import { isFields } from './is-fields';
import type { LogIndices } from './log-indices';
import type { OpenSearchConnection } from './opensearch-connection';
import {
  type BlockedIndex,
  BLOCKED_INDEX_PARTS,
  blockOwner,
  type BlockOwner,
  isBlockedBy,
  keepWritersOut,
  letWritersIn,
  WRITE_BLOCK,
} from './retention-block';
import { type Buckets, type CountedKey, searchIndices } from './search-indices';

const NOT_FOUND = 404;
/** More buckets OpenSearch refuses to make. */
const MAX_PROJECTS = 65_535;

interface ProjectCounts {
  readonly aggregations?: {
    readonly projects: Buckets<CountedKey> & { readonly sum_other_doc_count: number };
  };
}

interface LogIndex {
  readonly name: string;
  /** Undefined where writers are let in. */
  readonly blockedBy: BlockOwner | undefined;
}

/** What is to be known to drop an index. */
interface AgingIndex extends LogIndex {
  readonly connection: OpenSearchConnection;
  readonly endMs: number;
  readonly limits: AgeLimits;
}

/**
 * Drops the indices that hold only records older than their projects' limits. A writer that comes late for one finds writing
 * blocked for a moment, tries again, and then makes the index anew. Errors: that of the first index that OpenSearch refused
 * to drop, after all others, or at once where it does not answer; closed indices are left alone, and so are blocks that somebody else has put on an index that must stay.
 */
export async function dropAgedIndices(
  connection: OpenSearchConnection,
  indices: LogIndices,
  readLimits: ReadLimits,
  onDropped?: OnDropped,
): Promise<readonly DroppedDay[]> {
  const limits = await readLimits();
  const dropped: DroppedDay[] = [];
  const failures: unknown[] = [];
  for (const { name, blockedBy } of await openIndices(connection, indices.names.patterns)) {
    const endMs = indices.names.endOf(name);
    if (endMs === undefined) continue;
    let records: number | undefined;
    try {
      records = await dropIfAged({ connection, name, blockedBy, endMs, limits }, readLimits);
    } catch (error) {
      // Who does not answer at all would be waited for again with each index.
      if (!isRefused(error)) throw error;
      failures.push(error);
    }
    if (records === undefined) continue;
    indices.forget(name);
    const gone = { endMs, records };
    dropped.push(gone);
    onDropped?.(gone);
  }
  if (failures.length > 0) throw failures[0];
  return dropped;
}

/** Returns how many records it dropped; undefined where the index must stay. */
async function dropIfAged(index: AgingIndex, readLimits: ReadLimits): Promise<number | undefined> {
  if ((await agedRecords(index)) !== undefined) return dropIndex(index, readLimits);
  // An earlier attempt could not take its block back. Since then, limits may have been raised, or taken away.
  if (index.blockedBy === 'retention') await letWritersIn(index);
  return undefined;
}

/** Returns how many records it dropped; undefined where somebody has meanwhile added one that must stay. */
async function dropIndex(index: AgingIndex, readLimits: ReadLimits): Promise<number | undefined> {
  const { connection, name, blockedBy } = index;
  const takeBlockBack = () => (blockedBy === 'somebody' ? Promise.resolve() : letWritersIn(index));
  try {
    // From here on nobody can add a record that the last look would miss.
    const block = await keepWritersOut(index, blockedBy);
    await connection.send({ method: 'POST', path: `/${name}/_refresh`, expected: [NOT_FOUND] });
    const records = await agedRecords({ ...index, limits: await readLimits() });
    if (records !== undefined && (await isBlockedBy(index, block))) {
      const { status } = await connection.send({ method: 'DELETE', path: `/${name}`, expected: [NOT_FOUND] });
      // Whoever dropped it meanwhile counts it.
      return status === NOT_FOUND ? undefined : records;
    }
    if (block === WRITE_BLOCK) await takeBlockBack();
    return undefined;
  } catch (error) {
    // Also one that was put only after we had stopped waiting for the answer.
    await takeBlockBack().catch(() => undefined);
    throw error;
  }
}

/** How many records an index has, where it may be dropped with all of them; undefined where it must stay. */
async function agedRecords({ connection, name, endMs, limits }: AgingIndex): Promise<number | undefined> {
  if (!mayDropDay(endMs, [], limits)) return undefined;
  const size = Math.min(limits.size + 1, MAX_PROJECTS);
  const { aggregations } = await searchIndices<ProjectCounts>(connection, {
    indices: [name],
    body: {
      size: 0,
      track_total_hits: false,
      aggs: { projects: { terms: { field: 'project_id', size } } },
    },
  });
  const { buckets = [], sum_other_doc_count: others = 0 } = aggregations?.projects ?? {};
  const there = buckets.map(({ key }) => asId<ProjectId>(key));
  if (others > 0 || !mayDropDay(endMs, there, limits)) return undefined;
  return buckets.reduce((sum, { doc_count: count }) => sum + count, 0);
}

/** A closed index says neither whose records it has nor that it may go. */
async function openIndices(
  connection: OpenSearchConnection,
  patterns: readonly string[],
): Promise<readonly LogIndex[]> {
  const { body } = await connection.send({
    method: 'GET',
    path: `/${patterns.join(',')}`,
    query: {
      filter_path: ['settings.index.creation_date', ...BLOCKED_INDEX_PARTS]
        .map((part) => `*.${part}`)
        .join(','),
      expand_wildcards: 'open',
      ignore_unavailable: true,
      allow_no_indices: true,
    },
  });
  const indices = Object.entries(body as Readonly<Record<string, BlockedIndex>>);
  if (!indices.every(([, index]) => isFields(index) && isFields(index.settings))) throw notOpenSearch();
  return indices
    .map(([name, index]) => ({ name, blockedBy: blockOwner(index) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
