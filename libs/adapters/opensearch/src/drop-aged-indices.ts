import { asId, type ProjectId } from '../../../core/src/common/ids';
import {
  type AgeLimits,
  type DroppedDay,
  latestLimit,
  mayDropDay,
} from '../../../core/src/projects/retention';
import type { LogIndices } from './log-indices';
import type { OpenSearchConnection } from './opensearch-connection';
import { type Buckets, type CountedKey, searchIndices } from './search-indices';

const NOT_FOUND = 404;
/** More buckets OpenSearch refuses to make. */
const MAX_PROJECTS = 65_535;

interface ProjectCounts {
  readonly aggregations?: {
    readonly projects: Buckets<CountedKey> & { readonly sum_other_doc_count: number };
  };
}

/**
 * Drops the indices that hold only records older than their projects' limits. A writer that comes late for one finds writing
 * blocked for a moment, tries again, and then makes the index anew.
 */
export async function dropAgedIndices(
  connection: OpenSearchConnection,
  indices: LogIndices,
  limits: AgeLimits,
): Promise<readonly DroppedDay[]> {
  const latestMs = latestLimit(limits);
  if (latestMs === undefined) return [];
  const dropped: DroppedDay[] = [];
  for (const name of await existing(connection, indices.names.patterns)) {
    const endMs = indices.names.endOf(name);
    if (endMs === undefined || endMs > latestMs) continue;
    if ((await agedRecords(connection, name, endMs, limits)) === undefined) continue;
    const records = await dropIndex(connection, name, endMs, limits);
    if (records === undefined) continue;
    indices.forget(name);
    dropped.push({ endMs, records });
  }
  return dropped;
}

/** Returns how many records it dropped; undefined where somebody has meanwhile added one that must stay. */
async function dropIndex(
  connection: OpenSearchConnection,
  name: string,
  endMs: number,
  limits: AgeLimits,
): Promise<number | undefined> {
  // From here on nobody can add a record that the last look would miss.
  const { status } = await connection.send({
    method: 'PUT',
    path: `/${name}/_block/write`,
    expected: [NOT_FOUND],
  });
  if (status === NOT_FOUND) return undefined;
  let records: number | undefined;
  try {
    await connection.send({ method: 'POST', path: `/${name}/_refresh` });
    records = await agedRecords(connection, name, endMs, limits);
    if (records !== undefined)
      await connection.send({ method: 'DELETE', path: `/${name}`, expected: [NOT_FOUND] });
    else await unblock(connection, name);
  } catch (error) {
    await unblock(connection, name).catch(() => undefined);
    throw error;
  }
  return records;
}

async function unblock(connection: OpenSearchConnection, name: string): Promise<void> {
  const body = { 'index.blocks.write': null };
  await connection.send({ method: 'PUT', path: `/${name}/_settings`, body, expected: [NOT_FOUND] });
}

/** How many records an index has, where it may be dropped with all of them; undefined where it must stay. */
async function agedRecords(
  connection: OpenSearchConnection,
  name: string,
  endMs: number,
  limits: AgeLimits,
): Promise<number | undefined> {
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

async function existing(
  connection: OpenSearchConnection,
  patterns: readonly string[],
): Promise<readonly string[]> {
  const { body } = await connection.send({
    method: 'GET',
    path: `/${patterns.join(',')}/_settings`,
    query: {
      filter_path: '*.settings.index.creation_date',
      ignore_unavailable: true,
      allow_no_indices: true,
    },
  });
  return Object.keys(body as object).sort();
}
