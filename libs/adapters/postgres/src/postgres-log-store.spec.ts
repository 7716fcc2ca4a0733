import { createTestDatabase } from '../../../../test/support/test-database';
import { logStoreConformance } from '../../../conformance/src/log-store.conformance';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { PostgresLogStore } from './postgres-log-store';

logStoreConformance('PostgreSQL', async () => {
  const database = await createTestDatabase();
  await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 4,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
  });
  const store = new PostgresLogStore(pool);
  // The suite's present lies in partitions of its own, its past and future in the default one.
  await store.ensurePartitions(Date.parse('2026-03-10T12:00:00Z'));
  return {
    store,
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
});
