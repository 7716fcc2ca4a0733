import { startCatalog } from '../../../../test/support/start-catalog';
import { investigationStoreConformance } from '../../../conformance/src/investigation-store.conformance';
import { PostgresIncidentStore } from './postgres-incident-store';
import { PostgresInvestigationStore } from './postgres-investigation-store';

investigationStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return {
    ...catalog,
    store: new PostgresInvestigationStore(catalog.pool),
    incidents: new PostgresIncidentStore(catalog.pool),
  };
});
