import { startCatalog } from '../../../../test/support/start-catalog';
import { metricStoreConformance } from '../../../conformance/src/metric-store.conformance';
import { PostgresMetricStore } from './postgres-metric-store';

metricStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  const store = new PostgresMetricStore(catalog.pool);
  await store.ensurePartitions(Date.parse('2026-03-10T12:00:00Z'));
  const bounded = (maxSeries: number) => new PostgresMetricStore(catalog.pool, { maxSeries });
  return { ...catalog, store, bounded };
});
