import { startCatalog } from '../../../../test/support/start-catalog';
import { logPatternStoreConformance } from '../../../conformance/src/log-pattern-store.conformance';
import { PostgresLogPatternStore } from './postgres-log-pattern-store';

logPatternStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresLogPatternStore(catalog.pool) };
});
