import { startCatalog } from '../../../../test/support/start-catalog';
import { idempotencyStoreConformance } from '../../../conformance/src/idempotency-store.conformance';
import { PostgresIdempotencyStore } from './postgres-idempotency-store';

idempotencyStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresIdempotencyStore(catalog.pool) };
});
