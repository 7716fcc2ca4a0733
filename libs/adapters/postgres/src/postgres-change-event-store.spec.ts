import { startCatalog } from '../../../../test/support/start-catalog';
import { changeEventStoreConformance } from '../../../conformance/src/change-event-store.conformance';
import { PostgresChangeEventStore } from './postgres-change-event-store';

changeEventStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresChangeEventStore(catalog.pool) };
});
