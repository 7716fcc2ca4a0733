import type { Pool } from 'pg';
import { withTransaction } from '../../libs/adapters/postgres/src/transaction';

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

interface Explained {
  readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[];
}

/** How many log records PostgreSQL looks at for a statement where more is stored than caches hold: reading by an index is dear then. */
export async function countRecordsRead(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<number> {
  const rows = await withTransaction(pool, async (client) => {
    await client.query(`SET LOCAL effective_cache_size = '1MB'`);
    const explained = await client.query<Explained>(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...values]);
    return explained.rows;
  });
  return rows.flatMap((row) => row['QUERY PLAN']).reduce((sum, { Plan }) => sum + readBelow(Plan), 0);
}

function readBelow(node: PlanNode): number {
  const passedOver = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const own = node['Relation Name']?.startsWith('log_records')
    ? (node['Actual Rows'] + passedOver) * node['Actual Loops']
    : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + readBelow(child), own);
}
