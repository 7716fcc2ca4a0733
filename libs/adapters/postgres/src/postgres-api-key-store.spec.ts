import { startCatalog } from '../../../../test/support/start-catalog';
import { apiKeyStoreConformance } from '../../../conformance/src/api-key-store.conformance';
import { PostgresApiKeyStore } from './postgres-api-key-store';

apiKeyStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresApiKeyStore(catalog.pool) };
});
