import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { OpsError } from '../../../core/src/common/errors';
import { asId, type LogId } from '../../../core/src/common/ids';
import type { GoOn } from '../../../core/src/projects/retention';
import { dropAgedIndices } from './drop-aged-indices';
import {
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

/**
 * Deletes a project's records with an older timestamp, asking after each portion whether to go on. An index that is as old as
 * a whole and keeps nothing of others is dropped; from the others, records are deleted one by one. Returns how many there
 * were. Where it breaks off, a repeat goes on. Errors: OpsError `unavailable` also where OpenSearch does not delete a record now.
 */
export async function deleteLogsBefore(deletion: Deletion, beforeMs: number, goOn: GoOn): Promise<number> {
  const { connection, indices, scope } = deletion;
  const limits = new Map([[scope.projectId, beforeMs]]);
  let goesOn = true;
  const ask: GoOn = async (count) => (goesOn = await goOn(count));
  const [dropped] = await Promise.allSettled([
    dropAgedIndices(connection, indices, () => Promise.resolve(limits), ask),
  ]);
  const deleted = goesOn ? await deleteRecords(deletion, beforeMs, goOn) : 0;
  // An index that cannot be dropped is no reason to keep what lies in others.
  if (dropped.status === 'rejected') throw dropped.reason;
  return dropped.value.reduce((sum, { records }) => sum + records, deleted);
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

async function deleteRecords(
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
    const count = await deleteDocuments(connection, hits.hits);
    deleted += count;
    const last = hits.hits.at(-1);
    if (!(await goOn(count)) || last === undefined || hits.hits.length < PORTION) return deleted;
    after = asId<LogId>(last._source.id);
  }
}

async function deleteDocuments(connection: OpenSearchConnection, places: readonly Place[]): Promise<number> {
  if (places.length === 0) return 0;
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
  for (const { delete: item } of items)
    if (item.status === DELETED) deleted += 1;
    else if (item.status !== NOT_FOUND) throw notDeleted(toRefusal(item.status, item.error));
  return deleted;
}

function notDeleted(refusal: EngineRefusal): OpsError {
  return unavailable(
    remedyOf(refusal) ??
      `OpenSearch does not delete a record: if it stays so, read its log (${refusal.type})`,
    new RefusedRequestError(refusal),
  );
}
