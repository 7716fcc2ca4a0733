import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { OpsError } from '../../../core/src/common/errors';
import { asId, type LogId } from '../../../core/src/common/ids';
import type { GoOn } from '../../../core/src/projects/retention';
import {
  BLOCK_TYPE,
  type EngineRefusal,
  notOpenSearch,
  RefusedRequestError,
  remedyOf,
  toRefusal,
  unavailable,
} from './engine-error';
import type { LogIndices } from './log-indices';
import { instantRange, type QueryClause } from './log-filter-query';
import { logOrder, millisecondOf, placeInLogOrder } from './log-order';
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

/** Where records are deleted. */
export interface Deletion {
  readonly connection: OpenSearchConnection;
  readonly indices: LogIndices;
  readonly scope: ProjectScope;
}

/** Timestamp of the project's oldest record (epoch milliseconds, rounded down). */
export async function oldestLog({ connection, indices, scope }: Deletion): Promise<number | undefined> {
  const { hits } = await searchIndices<Places>(connection, {
    indices: indices.names.patterns,
    isOfOpenOnes: true,
    body: {
      size: 1,
      track_total_hits: false,
      query: { term: { project_id: scope.projectId } },
      sort: logOrder('asc'),
      _source: ['id'],
    },
  });
  const [first] = hits.hits;
  return first === undefined ? undefined : millisecondOf(asId<LogId>(first._source.id));
}

/**
 * Deletes a project's records with an older timestamp one by one, asking after each portion whether to go on; returns how many there
 * were. Where it breaks off, a repeat goes on. No index is dropped here, not even an empty one: only who knows the limits of all projects
 * may block an index, or lift a block. Errors: OpsError `unavailable` also where OpenSearch does not delete a record now; after all
 * others, where its index is blocked.
 */
export async function deleteLogsBefore(
  { connection, indices, scope }: Deletion,
  beforeMs: number,
  goOn: GoOn,
): Promise<number> {
  const query: QueryClause = {
    bool: {
      filter: [
        { term: { project_id: scope.projectId } },
        instantRange('timestamp', { fromMs: 0, toMs: beforeMs }),
      ],
    },
  };
  let deleted = 0;
  let blocked: OpsError | undefined;
  let after: LogId | undefined;
  for (;;) {
    const { hits } = await searchIndices<Places>(connection, {
      indices: indices.names.patterns,
      isOfOpenOnes: true,
      body: {
        size: PORTION,
        track_total_hits: false,
        query,
        sort: logOrder('asc'),
        _source: ['id'],
        ...(after !== undefined && { search_after: placeInLogOrder(after) }),
      },
    });
    const portion = await deleteDocuments(connection, hits.hits);
    deleted += portion.deleted;
    blocked ??= portion.blocked;
    const last = hits.hits.at(-1);
    if (!(await goOn(portion.deleted)) || last === undefined || hits.hits.length < PORTION) break;
    after = asId<LogId>(last._source.id);
  }
  if (blocked !== undefined) throw blocked;
  return deleted;
}

/** How many it deleted, and why others must stay where their index is blocked. */
async function deleteDocuments(
  connection: OpenSearchConnection,
  places: readonly Place[],
): Promise<{ readonly deleted: number; readonly blocked?: OpsError }> {
  if (places.length === 0) return { deleted: 0 };
  const lines = places.map(({ _index, _id }) => `${JSON.stringify({ delete: { _index, _id } })}\n`).join('');
  const { body } = await connection.send({
    method: 'POST',
    path: '/_bulk',
    query: { filter_path: 'items.*.status,items.*.error' },
    lines,
  });
  const { items = [] } = body as {
    readonly items?: readonly {
      readonly delete: { readonly status: number; readonly error?: unknown };
    }[];
  };
  if (items.length !== places.length) throw notOpenSearch();
  let deleted = 0;
  let blocked: OpsError | undefined;
  for (const { delete: item } of items) {
    if (item.status === DELETED) deleted += 1;
    if (item.status === DELETED || item.status === NOT_FOUND) continue;
    const refusal = toRefusal(item.status, item.error);
    if (refusal.type !== BLOCK_TYPE) throw notDeleted(refusal);
    blocked ??= notDeleted(refusal);
  }
  return { deleted, ...(blocked !== undefined && { blocked }) };
}

function notDeleted(refusal: EngineRefusal): OpsError {
  return unavailable(
    remedyOf(refusal) ??
      `OpenSearch does not delete a record: if it stays so, read its log (${refusal.type})`,
    new RefusedRequestError(refusal),
  );
}
