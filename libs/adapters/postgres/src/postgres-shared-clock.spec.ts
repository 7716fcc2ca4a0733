import { startCatalog } from '../../../../test/support/start-catalog';
import { sharedClockConformance } from '../../../conformance/src/shared-clock.conformance';
import { PostgresSharedClock } from './postgres-shared-clock';

sharedClockConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { clock: new PostgresSharedClock(catalog.pool), end: () => catalog.end() };
});
