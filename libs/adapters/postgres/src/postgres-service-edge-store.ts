import type { Pool } from 'pg';
import type { Page, PageRequest } from '../../../core/src/common/page';
import { type TimeRange, toIso } from '../../../core/src/common/time-range';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { MinuteServiceEdge, ServiceEdge } from '../../../core/src/services/service-edge';
import { type ServiceEdgeFilter, ServiceEdgeStore } from '../../../core/src/services/service-edge-store.port';
import { decodeCursor, toPage } from './cursor';
import { deleteBefore, deletingSome } from './delete-before';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { underParent } from './missing-parent';
import { oneAtATime } from './one-at-a-time';
import { SqlValues } from './sql-values';
import { storableJson, storableText } from './storable-text';

/** Minutes that overlap the range from $2 to $3. */
const IN_RANGE = `minute > $2::timestamptz - interval '1 minute' AND minute < $3::timestamptz`;

/** $1 project, $2 and $3 the range, $4 its edges. Rows that stay as they are are not written again. */
const REPLACE_EDGES = `
  WITH given AS (
    SELECT minute, caller, callee, kind, count
    FROM json_to_recordset($4::json) AS edge (
      minute timestamptz, caller text COLLATE "C", callee text COLLATE "C", kind text COLLATE "C", count bigint
    )
    WHERE ${IN_RANGE}
  ), gone AS (
    DELETE FROM service_edges AS edge
    WHERE project_id = $1 AND ${IN_RANGE} AND NOT EXISTS (
      SELECT FROM given
      WHERE given.minute = edge.minute AND given.caller = edge.caller AND given.callee = edge.callee
        AND given.kind = edge.kind
    )
  )
  INSERT INTO service_edges AS edge (project_id, minute, caller, callee, kind, count)
  SELECT $1, minute, caller, callee, kind, count FROM given
  ON CONFLICT (project_id, minute, caller, callee, kind) DO UPDATE SET count = excluded.count
    WHERE edge.count <> excluded.count`;

const DELETE_SOME = deletingSome('service_edges', 'minute');

/** Service edges in PostgreSQL: one row for each minute, pair and kind. */
export class PostgresServiceEdgeStore extends ServiceEdgeStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async write(
    scope: ProjectScope,
    range: TimeRange,
    edges: readonly MinuteServiceEdge[],
  ): Promise<void> {
    const rows = edges.map(({ minuteMs, ...edge }) => ({ ...edge, minute: toIso(minuteMs) }));
    await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      oneAtATime(this.pool, scope, 'service edges', (client) =>
        client.query(REPLACE_EDGES, [
          scope.projectId,
          instantValue(range.fromMs),
          instantValue(range.toMs),
          storableJson(rows),
        ]),
      ),
    );
  }

  override async list(
    scope: ProjectScope,
    filter: ServiceEdgeFilter,
    page: PageRequest,
  ): Promise<Page<ServiceEdge>> {
    const values = new SqlValues();
    values.add(scope.projectId);
    values.add(instantValue(filter.range.fromMs));
    values.add(instantValue(filter.range.toMs));
    const sides = (['caller', 'callee'] as const).flatMap((side) => {
      const service = filter[side];
      return service === undefined ? [] : [`AND ${side} = ${values.add(storableText(service))}`];
    });
    const summed = `SELECT caller, callee, kind, sum(count)::bigint AS count FROM service_edges
      WHERE project_id = $1 AND ${IN_RANGE} ${sides.join(' ')} GROUP BY caller, callee, kind`;
    const filterValues = [...values.list];
    const after = decodeCursor(page.cursor, ['number', 'text', 'text', 'text']);
    const place =
      after === undefined
        ? ''
        : `WHERE (-count, caller, callee, kind) > (${values.add(-after[0])}::bigint, ${values.add(after[1])},
            ${values.add(after[2])}, ${values.add(after[3])})`;
    const [counted, found] = await onEngine(() =>
      Promise.all([
        this.pool.query<{ total: number }>(
          `SELECT count(*) AS total FROM (${summed}) AS edges`,
          filterValues,
        ),
        this.pool.query<ServiceEdge>(
          `SELECT * FROM (${summed}) AS edges ${place}
           ORDER BY count DESC, caller, callee, kind LIMIT ${values.add(page.limit + 1)}`,
          values.list,
        ),
      ]),
    );
    return toPage(
      found.rows,
      page,
      counted.rows[0]?.total ?? 0,
      ({ caller, callee, kind, count }): ServiceEdge => ({ caller, callee, kind, count }),
      ({ count, caller, callee, kind }) => [count, caller, callee, kind],
    );
  }

  override deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number> {
    return deleteBefore(this.pool, DELETE_SOME, scope, beforeMs);
  }
}
