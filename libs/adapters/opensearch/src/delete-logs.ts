import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { asId, type LogId } from '../../../core/src/common/ids';
import type { LogIndices } from './log-indices';
import { instantRange, type QueryClause } from './log-filter-query';
import { logOrder, placeInLogOrder } from './log-order';
import type { OpenSearchConnection } from './opensearch-connection';
import { searchIndices } from './search-indices';

/** Deleting in portions keeps requests short. */
const PORTION = 5000;
const DELETED = 200;
const NOT_FOUND = 404;

interface Place {
  readonly _index: string;
  readonly _id: string;
  readonly _source: { readonly id: string };
}

interface Places {
  readonly hits: { readonly hits: readonly Place[] };
}

interface Total {
  readonly hits: { readonly total: { readonly value: number } };
}

/** Where records are deleted. */
export interface Deletion {
  readonly connection: OpenSearchConnection;
  readonly indices: LogIndices;
  readonly scope: ProjectScope;
}

/**
 * Deletes a project's records with an older timestamp. An index that is as old as a whole and keeps nothing of others is
 * dropped, which costs nothing; from the others, records are deleted one by one. Returns how many there were. Where it
 * breaks off, a repeat goes on.
 */
export async function deleteLogsBefore(deletion: Deletion, beforeMs: number): Promise<number> {
  const { connection, indices } = deletion;
  let deleted = 0;
  for (const name of await existing(connection, indices.names.patterns)) {
    const endMs = indices.names.endOf(name);
    if (endMs !== undefined && endMs <= beforeMs) deleted += await dropUnshared(deletion, name);
  }
  return deleted + (await deleteRecords(deletion, beforeMs));
}

/** Returns how many records it dropped: none where others have some in the index. */
async function dropUnshared({ connection, indices, scope }: Deletion, name: string): Promise<number> {
  const mine = { term: { project_id: scope.projectId } };
  const others = { bool: { must_not: [mine] } };
  if ((await count(connection, name, others)) > 0) return 0;
  // From here on nobody can add a record that the count would miss; writers try again, and find the index gone.
  await connection.send({ method: 'PUT', path: `/${name}/_block/write` });
  await connection.send({ method: 'POST', path: `/${name}/_refresh` });
  if ((await count(connection, name, others)) > 0) {
    await connection.send({
      method: 'PUT',
      path: `/${name}/_settings`,
      body: { 'index.blocks.write': null },
    });
    return 0;
  }
  const dropped = await count(connection, name, mine);
  await connection.send({ method: 'DELETE', path: `/${name}`, expected: [NOT_FOUND] });
  indices.forget(name);
  return dropped;
}

async function deleteRecords({ connection, indices, scope }: Deletion, beforeMs: number): Promise<number> {
  const query: QueryClause = {
    bool: {
      filter: [
        { term: { project_id: scope.projectId } },
        instantRange('timestamp', { fromMs: 0, toMs: beforeMs }),
      ],
    },
  };
  let deleted = 0;
  let after: LogId | undefined;
  for (;;) {
    const { hits } = await searchIndices<Places>(connection, {
      indices: indices.names.patterns,
      body: {
        size: PORTION,
        track_total_hits: false,
        query,
        sort: logOrder('asc'),
        _source: ['id'],
        ...(after !== undefined && { search_after: placeInLogOrder(after) }),
      },
    });
    deleted += await deleteDocuments(connection, hits.hits);
    const last = hits.hits.at(-1);
    if (last === undefined || hits.hits.length < PORTION) return deleted;
    after = asId<LogId>(last._source.id);
  }
}

async function deleteDocuments(connection: OpenSearchConnection, places: readonly Place[]): Promise<number> {
  if (places.length === 0) return 0;
  const lines = places.map(({ _index, _id }) => `${JSON.stringify({ delete: { _index, _id } })}\n`).join('');
  const { body } = await connection.send({
    method: 'POST',
    path: '/_bulk',
    query: { filter_path: 'items.*.status' },
    lines,
  });
  const { items = [] } = body as {
    readonly items?: readonly { readonly delete: { readonly status: number } }[];
  };
  return items.filter((item) => item.delete.status === DELETED).length;
}

async function count(connection: OpenSearchConnection, name: string, query: QueryClause): Promise<number> {
  const { hits } = await searchIndices<Total>(connection, {
    indices: [name],
    body: { size: 0, track_total_hits: true, query },
  });
  return hits.total.value;
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
  return Object.keys(body as object);
}
