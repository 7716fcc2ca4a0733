import { createTestDatabase } from '../../../../test/support/test-database';
import { metricStoreConformance } from '../../../conformance/src/metric-store.conformance';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { PostgresMetricStore } from './postgres-metric-store';

metricStoreConformance('PostgreSQL', async () => {
  const database = await createTestDatabase();
  await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 4,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
  });
  const store = new PostgresMetricStore(pool);
  await store.ensurePartitions(Date.parse('2026-03-10T12:00:00Z'));
  return {
    store,
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
});
