import { startCatalog } from '../../../../test/support/start-catalog';
import { snapshotStoreConformance } from '../../../conformance/src/snapshot-store.conformance';
import { PostgresSnapshotStore } from './postgres-snapshot-store';

snapshotStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresSnapshotStore(catalog.pool) };
});
