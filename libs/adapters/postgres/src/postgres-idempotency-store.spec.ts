import { createTestDatabase } from '../../../../test/support/test-database';
import { idempotencyStoreConformance } from '../../../conformance/src/idempotency-store.conformance';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { PostgresIdempotencyStore } from './postgres-idempotency-store';

idempotencyStoreConformance('PostgreSQL', async () => {
  const database = await createTestDatabase();
  await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 8,
    statementTimeoutMs: 10_000,
    applicationName: 'test',
  });
  return {
    store: new PostgresIdempotencyStore(pool),
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
});
