import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createPool } from '../../libs/adapters/postgres/src/pool';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { asId, type ProjectId } from '../../libs/core/src/common/ids';
import { type ProjectScope, scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { loadMigrations } from '../../libs/runtime/src/migration-files';
import { runMigrations } from '../../libs/runtime/src/run-migrations';
import { createTestDatabase } from './test-database';

export interface Catalog {
  readonly url: string;
  readonly pool: Pool;
  /** A new project. */
  newScope(): Promise<ProjectScope>;
  end(): Promise<void>;
}

/**
 * A migrated database of its own for one test file. For what is about PostgreSQL's own partitions, samples lie in `day partitions` also
 * where the server has TimescaleDB.
 */
export async function startCatalog(samples?: 'day partitions'): Promise<Catalog> {
  const database = await createTestDatabase();
  if (samples === undefined) await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 8,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
  });
  // They make the partitions; what else runMigrations does may replace these.
  if (samples !== undefined) for (const { sql } of await loadMigrations()) await pool.query(sql);
  const projects = new PostgresProjectStore(pool);
  return {
    url: database.url,
    pool,
    newScope: async () => {
      const id = asId<ProjectId>(randomUUID());
      await projects.create({ id, name: 'test', createdAtMs: 0 });
      return scopeOfProject(id);
    },
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
}
