import { createTestDatabase } from '../../../../test/support/test-database';
import { changeEventStoreConformance } from '../../../conformance/src/change-event-store.conformance';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { PostgresChangeEventStore } from './postgres-change-event-store';

changeEventStoreConformance('PostgreSQL', async () => {
  const database = await createTestDatabase();
  await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 4,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
  });
  const store = new PostgresChangeEventStore(pool);

  return {
    store,
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
});
