import { startCatalog } from '../../../../test/support/start-catalog';
import { anomalyLabelStoreConformance } from '../../../conformance/src/anomaly-label-store.conformance';
import { PostgresAnomalyLabelStore } from './postgres-anomaly-label-store';

anomalyLabelStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresAnomalyLabelStore(catalog.pool) };
});
