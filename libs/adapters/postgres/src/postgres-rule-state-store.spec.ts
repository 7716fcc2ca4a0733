import { startCatalog } from '../../../../test/support/start-catalog';
import { ruleStateStoreConformance } from '../../../conformance/src/rule-state-store.conformance';
import { PostgresEvaluationCursorStore } from './postgres-evaluation-cursor-store';
import { PostgresIncidentStore } from './postgres-incident-store';
import { PostgresRuleStateStore } from './postgres-rule-state-store';
import { PostgresRuleStore } from './postgres-rule-store';

ruleStateStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return {
    ...catalog,
    store: new PostgresRuleStateStore(catalog.pool),
    cursors: new PostgresEvaluationCursorStore(catalog.pool),
    incidents: new PostgresIncidentStore(catalog.pool),
    rules: new PostgresRuleStore(catalog.pool),
  };
});
