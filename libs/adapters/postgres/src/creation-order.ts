import type { Pool } from 'pg';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { decodeCursor, toPage } from './cursor';
import { onEngine } from './engine-error';

/** Tables with project_id, id, created_at and an index on the three. */
type ListedTable = 'api_keys' | 'rules' | 'channels';

interface ListedRow {
  readonly id: string;
  readonly created_at: Date;
}

/** One page of a project's rows, the oldest first: what is added while a person pages comes at the end. */
export async function listInCreationOrder<Row extends ListedRow, Item>(
  pool: Pool,
  table: ListedTable,
  scope: ProjectScope,
  page: PageRequest,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const after = decodeCursor(page.cursor, ['instant', 'text']);
  const { rows } = await onEngine(() =>
    pool.query<Row>(
      `SELECT * FROM ${table} WHERE project_id = $1 AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4`,
      [scope.projectId, after ? new Date(after[0]) : '-infinity', after?.[1] ?? '', page.limit + 1],
    ),
  );
  const total = await countInProject(pool, table, scope);
  return toPage(rows, page, total, toItem, (row) => [row.created_at.getTime(), row.id]);
}

async function countInProject(pool: Pool, table: ListedTable, scope: ProjectScope): Promise<number> {
  const { rows } = await onEngine(() =>
    pool.query<{ total: number }>(`SELECT count(*) AS total FROM ${table} WHERE project_id = $1`, [
      scope.projectId,
    ]),
  );
  return rows[0]?.total ?? 0;
}
