import type { Pool, PoolClient } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { withTransaction } from './transaction';

/**
 * A transaction that others of the same kind in the project wait for: a statement does not see the rows that another adds
 * meanwhile, and two that each change what the other does would lock each other out. Errors: those of the work.
 */
export function oneAtATime<Answer>(
  pool: Pool,
  scope: ProjectScope,
  kind: string,
  work: (client: PoolClient) => Promise<Answer>,
): Promise<Answer> {
  return withTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `${scope.projectId} ${kind}`,
    ]);
    return work(client);
  });
}
