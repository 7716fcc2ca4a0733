import { startCatalog } from '../../../../test/support/start-catalog';
import { serviceEdgeStoreConformance } from '../../../conformance/src/service-edge-store.conformance';
import { PostgresServiceEdgeStore } from './postgres-service-edge-store';

serviceEdgeStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresServiceEdgeStore(catalog.pool) };
});
