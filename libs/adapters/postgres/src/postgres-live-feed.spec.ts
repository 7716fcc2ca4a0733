import { createTestDatabase } from '../../../../test/support/test-database';
import { LIVE_CONFORMANCE_BUFFER, liveFeedConformance } from '../../../conformance/src/live-feed.conformance';
import { systemClock } from '../../../core/src/common/clock';
import { createPool } from './pool';
import { PostgresLiveFeed } from './postgres-live-feed';

liveFeedConformance('PostgreSQL', async () => {
  const database = await createTestDatabase();
  return {
    open: () => {
      const pool = createPool({
        url: database.url,
        size: 2,
        statementTimeoutMs: 10_000,
        applicationName: 'test',
      });
      const feed = new PostgresLiveFeed(pool, {
        bufferRecords: LIVE_CONFORMANCE_BUFFER,
        clock: systemClock,
        log: { warn: () => undefined },
      });
      const close = async () => {
        await feed.close();
        await pool.end();
      };
      return Promise.resolve({ feed, close });
    },
    end: () => database.drop(),
  };
});
