import { startCatalog } from '../../../../test/support/start-catalog';
import { logPatternLabelStoreConformance } from '../../../conformance/src/log-pattern-label-store.conformance';
import { PostgresLogPatternLabelStore } from './postgres-log-pattern-label-store';

logPatternLabelStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresLogPatternLabelStore(catalog.pool) };
});
