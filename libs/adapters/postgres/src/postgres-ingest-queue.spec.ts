import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
import {
  CONFORMANCE_FRESH_BYTES,
  CONFORMANCE_MAX_ATTEMPTS,
  ingestQueueConformance,
} from '../../../conformance/src/ingest-queue.conformance';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { PostgresIngestQueue } from './postgres-ingest-queue';

ingestQueueConformance('PostgreSQL', async () => {
  const database = await createTestDatabase();
  await runMigrations(database.url);
  const settings = { url: database.url, statementTimeoutMs: 10_000, applicationName: 'test' };
  const admin = createPool({ ...settings, size: 1 });
  return {
    open: async () => {
      const pool = createPool({ ...settings, size: 4 });
      const queue = new PostgresIngestQueue(pool, {
        maxAttempts: CONFORMANCE_MAX_ATTEMPTS,
        maxFreshBytes: CONFORMANCE_FRESH_BYTES,
        log: { warn: () => undefined },
        // Long, so that a wake-up that is not announced fails the suite.
        pollMs: 10_000,
        depthMaxAgeMs: 10,
      });
      const close = async () => {
        await queue.close();
        await pool.end();
      };
      return { queue, close };
    },
    clear: async () => {
      await admin.query('TRUNCATE queue_messages, queue_dead_letters');
    },
    end: async () => {
      await admin.end();
      await database.drop();
    },
  };
});

describe('PostgresIngestQueue', () => {
  it('listens again after its connection was cut', async () => {
    const database = await createTestDatabase();
    await runMigrations(database.url);
    const pool = createPool({
      url: database.url,
      size: 4,
      statementTimeoutMs: 10_000,
      applicationName: 'test',
    });
    const options = {
      maxAttempts: 3,
      maxFreshBytes: CONFORMANCE_FRESH_BYTES,
      log: { warn: () => undefined },
      pollMs: 60_000,
    };
    const taker = new PostgresIngestQueue(pool, options);
    const publisher = new PostgresIngestQueue(pool, options);
    const listenerPid = async () => {
      const { rows } = await pool.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'`,
      );
      return rows[0]?.pid;
    };

    const taking = taker.take('logs.ingest', {
      maxMessages: 1,
      maxBytes: 1000,
      leaseMs: 60_000,
      waitMs: 30_000,
    });
    const first = await waitFor('the listener', listenerPid);
    await pool.query('SELECT pg_terminate_backend($1)', [first]);
    await waitFor('another listener', async () => {
      const pid = await listenerPid();
      return pid !== undefined && pid !== first ? pid : undefined;
    });
    await publisher.publish(scopeOfProject(asId<ProjectId>(randomUUID())), 'logs.ingest', {
      ndjson: new TextEncoder().encode('x\n'),
      recordCount: 1,
      requestId: 'r',
    });
    expect(await taking).toHaveLength(1);

    await taker.close();
    await publisher.close();
    await pool.end();
    await database.drop();
  });
});
