import { startCatalog } from '../../../../test/support/start-catalog';
import { projectStoreConformance } from '../../../conformance/src/project-store.conformance';
import { PostgresProjectStore } from './postgres-project-store';

projectStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresProjectStore(catalog.pool) };
});
