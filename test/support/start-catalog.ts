import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createPool } from '../../libs/adapters/postgres/src/pool';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { asId, type ProjectId } from '../../libs/core/src/common/ids';
import { type ProjectScope, scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { runMigrations } from '../../libs/runtime/src/run-migrations';
import { createTestDatabase } from './test-database';

export interface Catalog {
  readonly url: string;
  readonly pool: Pool;
  /** A new project. */
  newScope(): Promise<ProjectScope>;
  end(): Promise<void>;
}

/** A migrated database of its own for one test file. */
export async function startCatalog(): Promise<Catalog> {
  const database = await createTestDatabase();
  await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 8,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
  });
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
