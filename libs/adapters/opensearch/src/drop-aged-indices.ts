import { asId, type ProjectId } from '../../../core/src/common/ids';
import {
  type AgeLimits,
  always,
  type DroppedDay,
  type GoOn,
  latestLimit,
  mayDropDay,
  type ReadLimits,
} from '../../../core/src/projects/retention';
import { isDiskFull, isRefused } from './engine-error';
import type { LogIndices } from './log-indices';
import type { OpenSearchConnection } from './opensearch-connection';
import { type Buckets, type CountedKey, searchIndices } from './search-indices';

const NOT_FOUND = 404;
/** More buckets OpenSearch refuses to make. */
const MAX_PROJECTS = 65_535;
const OUR_BLOCK = 'index.blocks.write';
/** OpenSearch's own, while the disk is nearly full. It lets indices be deleted, but no setting be changed. */
const FULL_DISK_BLOCK = 'index.blocks.read_only_allow_delete';
type Block = typeof OUR_BLOCK | typeof FULL_DISK_BLOCK;

interface ProjectCounts {
  readonly aggregations?: {
    readonly projects: Buckets<CountedKey> & { readonly sum_other_doc_count: number };
  };
}

interface LogIndex {
  readonly name: string;
  /** Writers are kept out by a block like ours. */
  readonly isBlocked: boolean;
}

/** What is to be known to drop an index. */
interface AgingIndex {
  readonly connection: OpenSearchConnection;
  readonly name: string;
  readonly endMs: number;
  readonly limits: AgeLimits;
}

/**
 * Drops the indices that hold only records older than their projects' limits. A writer that comes late for one finds writing
 * blocked for a moment, tries again, and then makes the index anew. Asks after each index whether to go on. Errors: that of the
 * first index that OpenSearch refused to drop, after all others, or at once where it does not answer; closed indices are left alone.
 */
export async function dropAgedIndices(
  connection: OpenSearchConnection,
  indices: LogIndices,
  readLimits: ReadLimits,
  goOn: GoOn = always,
): Promise<readonly DroppedDay[]> {
  const limits = await readLimits();
  const latestMs = latestLimit(limits);
  if (latestMs === undefined) return [];
  const dropped: DroppedDay[] = [];
  const failures: unknown[] = [];
  for (const { name, isBlocked } of await openIndices(connection, indices.names.patterns)) {
    const endMs = indices.names.endOf(name);
    if (endMs === undefined || endMs > latestMs) continue;
    let records: number | undefined;
    try {
      records = await dropIfAged({ connection, name, endMs, limits }, isBlocked, readLimits);
    } catch (error) {
      // Who does not answer at all would be waited for again with each index.
      if (!isRefused(error)) throw error;
      failures.push(error);
    }
    if (records === undefined) continue;
    indices.forget(name);
    dropped.push({ endMs, records });
    if (!(await goOn(records))) break;
  }
  if (failures.length > 0) throw failures[0];
  return dropped;
}

/** Returns how many records it dropped; undefined where the index must stay. */
async function dropIfAged(
  index: AgingIndex,
  isBlocked: boolean,
  readLimits: ReadLimits,
): Promise<number | undefined> {
  if ((await agedRecords(index)) !== undefined) return dropIndex({ ...index, limits: await readLimits() });
  // An earlier attempt could not take its block back.
  if (isBlocked) await unblock(index);
  return undefined;
}

/** Returns how many records it dropped; undefined where somebody has meanwhile added one that must stay. */
async function dropIndex(index: AgingIndex): Promise<number | undefined> {
  const { connection, name } = index;
  try {
    // From here on nobody can add a record that the last look would miss.
    const block = await keepWritersOut(index);
    await connection.send({ method: 'POST', path: `/${name}/_refresh`, expected: [NOT_FOUND] });
    const records = await agedRecords(index);
    // OpenSearch lifts its own block as soon as there is room, and whoever else retains lifts ours.
    if (records !== undefined && (await isBlockedBy(index, block))) {
      await connection.send({ method: 'DELETE', path: `/${name}`, expected: [NOT_FOUND] });
      return records;
    }
    if (block === OUR_BLOCK) await unblock(index);
    return undefined;
  } catch (error) {
    // Also one that was put only after we had stopped waiting for the answer.
    await unblock(index).catch(() => undefined);
    throw error;
  }
}

/** Where the disk is full, OpenSearch refuses our block: its own one keeps writers out already. */
async function keepWritersOut({ connection, name }: AgingIndex): Promise<Block> {
  try {
    await connection.send({ method: 'PUT', path: `/${name}/_block/write`, expected: [NOT_FOUND] });
    return OUR_BLOCK;
  } catch (error) {
    if (isDiskFull(error)) return FULL_DISK_BLOCK;
    throw error;
  }
}

async function isBlockedBy({ connection, name }: AgingIndex, block: Block): Promise<boolean> {
  const { body } = await connection.send({
    method: 'GET',
    path: `/${name}/_settings/${block}`,
    query: { flat_settings: true },
    expected: [NOT_FOUND],
  });
  const { [name]: stored } = body as Readonly<
    Record<string, { readonly settings?: Readonly<Record<string, string>> }>
  >;
  return stored?.settings?.[block] === 'true';
}

async function unblock({ connection, name }: AgingIndex): Promise<void> {
  const body = { [OUR_BLOCK]: null };
  await connection.send({ method: 'PUT', path: `/${name}/_settings`, body, expected: [NOT_FOUND] });
}

/** How many records an index has, where it may be dropped with all of them; undefined where it must stay. */
async function agedRecords({ connection, name, endMs, limits }: AgingIndex): Promise<number | undefined> {
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
    path: `/${patterns.join(',')}/_settings`,
    query: {
      filter_path: `*.settings.index.creation_date,*.settings.${OUR_BLOCK}`,
      expand_wildcards: 'open',
      ignore_unavailable: true,
      allow_no_indices: true,
    },
  });
  const found = Object.entries(
    body as Record<string, { settings: { index: { blocks?: { write?: string } } } }>,
  );
  return found
    .map(([name, { settings }]) => ({ name, isBlocked: settings.index.blocks?.write === 'true' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
