import { startCatalog } from '../../../../test/support/start-catalog';
import { anomalyStoreConformance } from '../../../conformance/src/anomaly-store.conformance';
import { PostgresAnomalyStore } from './postgres-anomaly-store';

anomalyStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresAnomalyStore(catalog.pool) };
});
