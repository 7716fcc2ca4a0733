import type { Pool } from 'pg';
import type { LogQuery } from '../../../core/src/logs/log-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { instantValue } from './instant-value';
import { logConditions } from './log-conditions';
import { beyond, ordering, placeOfCursor } from './log-place';
import { LOG_RECORD_COLUMNS, type LogRecordRow } from './log-record-rows';
import { SqlValues } from './sql-values';

export interface FoundRows {
  readonly total: number;
  /** One more than the query's limit where there are more. */
  readonly rows: readonly LogRecordRow[];
}

interface CountedRow extends LogRecordRow {
  readonly total: number;
}

/** Where no record is left, only the total comes. */
type AnswerRow = CountedRow | (Omit<CountedRow, 'id'> & { readonly id: null });

/**
 * A page and the total from one look at what has the words. Asked for by itself, a page is read in the order of time by three
 * processes, most of what they read not having the words (measured, one record of 200 having them: twice the CPU, three
 * times the wait). The range is there once more so that the records of the page are not looked for in all days: planning
 * that takes longer than reading them. OFFSET 0 has each of them read by its key: a day that was not analysed yet seems to have no
 * records, and would be read as a whole for each.
 */
export async function findByWords(pool: Pool, scope: ProjectScope, query: LogQuery): Promise<FoundRows> {
  const values = new SqlValues();
  const ascending = query.order === 'asc';
  const conditions = logConditions(scope, query, values);
  const after = placeOfCursor(query.cursor);
  const { fromMs, toMs } = query.range;
  const { rows } = await pool.query<AnswerRow>(
    `WITH matching AS MATERIALIZED (SELECT timestamp, id FROM log_records WHERE ${conditions}),
     page AS (
       SELECT timestamp AS at, id AS record_id FROM matching ${after === undefined ? '' : `WHERE ${beyond(after, ascending, values)}`}
       ORDER BY ${ordering(ascending, 'matching')}
       LIMIT ${values.add(query.limit + 1)} OFFSET ${values.add(query.offset ?? 0)}
     )
     SELECT total, ${LOG_RECORD_COLUMNS}
     FROM (SELECT count(*) AS total FROM matching) AS counted
     LEFT JOIN page ON true
     LEFT JOIN LATERAL (
       SELECT * FROM log_records
       WHERE project_id = ${values.add(scope.projectId)} AND timestamp = page.at AND id = page.record_id
         AND timestamp >= ${values.add(instantValue(fromMs))} AND timestamp < ${values.add(instantValue(toMs))}
       OFFSET 0
     ) AS found ON true
     ORDER BY ${ordering(ascending, 'found')}`,
    values.list,
  );
  return { total: rows[0]?.total ?? 0, rows: rows.filter(isFound) };
}

function isFound(row: AnswerRow): row is CountedRow {
  return row.id !== null;
}
