import { startCatalog } from '../../../../test/support/start-catalog';
import { evaluationCursorStoreConformance } from '../../../conformance/src/evaluation-cursor-store.conformance';
import { PostgresEvaluationCursorStore } from './postgres-evaluation-cursor-store';

evaluationCursorStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresEvaluationCursorStore(catalog.pool) };
});
