import { startCatalog } from '../../../../test/support/start-catalog';
import { ruleStoreConformance } from '../../../conformance/src/rule-store.conformance';
import { PostgresRuleStore } from './postgres-rule-store';

ruleStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresRuleStore(catalog.pool) };
});
