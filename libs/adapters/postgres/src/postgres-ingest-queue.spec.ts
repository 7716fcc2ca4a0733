import type { Pool } from 'pg';
import { newScope } from '../../../../test/support/new-scope';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import {
  CONFORMANCE_FRESH_BYTES,
  CONFORMANCE_MAX_ATTEMPTS,
} from '../../../conformance/src/given-ingest-queue.conformance';
import { ingestQueueConformance } from '../../../conformance/src/ingest-queue.conformance';
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
    await publisher.publish(newScope(), 'logs.ingest', {
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

describe('PostgresIngestQueue that replays dead letters', () => {
  const mine = newScope();
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let pool: Pool;
  let admin: Pool;
  let queue: PostgresIngestQueue;

  /** Of megabytes: a step takes the first two, the third by itself, and then the last with what is short. */
  const SIZES = [6, 6, 17, 6];

  beforeEach(async () => {
    database = await createTestDatabase();
    await runMigrations(database.url);
    const settings = { url: database.url, statementTimeoutMs: 30_000 };
    pool = createPool({ ...settings, size: 2, applicationName: 'replaying' });
    admin = createPool({ ...settings, size: 2, applicationName: 'admin' });
    queue = new PostgresIngestQueue(pool, {
      maxAttempts: 3,
      maxFreshBytes: CONFORMANCE_FRESH_BYTES,
      log: { warn: () => undefined },
    });
    await admin.query(
      `INSERT INTO queue_dead_letters (queue, project_id, request_id, body, record_count, attempts, reason)
       SELECT 'logs.ingest', $1, '', convert_to(rpad(at::text, megabytes * 1024 * 1024, 'x'), 'UTF8'), 1, 1, 'too odd'
       FROM unnest($2::int[]) WITH ORDINALITY AS letter (megabytes, at) ORDER BY at`,
      [mine.projectId, SIZES],
    );
  });
  afterEach(async () => {
    await queue.close();
    await pool.end();
    await admin.end();
    await database.drop();
  });

  const bodies = async (table: string) => {
    const { rows } = await admin.query<{ body: string }>(
      `SELECT convert_from(substring(body FOR 1), 'UTF8') AS body FROM ${table} ORDER BY id`,
    );
    return rows.map(({ body }) => body).join('');
  };

  /** Whoever holds a letter stops the step that gets to it. */
  const hold = async (which: 'min' | 'max') => {
    const holder = await admin.connect();
    await holder.query('BEGIN');
    await holder.query(
      `SELECT FROM queue_dead_letters WHERE id = (SELECT ${which}(id) FROM queue_dead_letters) FOR UPDATE`,
    );
    return async () => {
      await holder.query('ROLLBACK');
      holder.release();
    };
  };

  const untilStepWaits = (action: string) =>
    waitFor('the step that waits', async () => {
      const { rowCount } = await admin.query(
        `SELECT ${action} FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'replaying' AND wait_event_type = 'Lock'`,
      );
      return rowCount === 0 ? undefined : true;
    });

  it('does so in steps: what broke off in between goes on with a repeat, and loses nothing', async () => {
    const letGo = await hold('max');
    const replaying = queue.replayDeadLetters(mine, 'logs.ingest').catch((error: unknown) => error);
    await untilStepWaits('pg_terminate_backend(pid)');
    expect(await replaying).toMatchObject({ kind: 'unavailable' });
    await letGo();
    expect([await bodies('queue_messages'), await bodies('queue_dead_letters')]).toEqual(['123', '4']);

    expect(await queue.replayDeadLetters(mine, 'logs.ingest')).toBe(1);
    expect([await bodies('queue_messages'), await bodies('queue_dead_letters')]).toEqual(['1234', '']);
  });

  it('leaves what is set aside meanwhile, as it may be what was just replayed', async () => {
    const letGo = await hold('min');
    const replaying = queue.replayDeadLetters(mine, 'logs.ingest');
    await untilStepWaits('pid');
    const again = { ndjson: new TextEncoder().encode('again\n'), recordCount: 1 };
    await queue.deadLetter(mine, 'logs.ingest', again, 'still too odd');
    await letGo();
    expect(await replaying).toBe(4);
    expect([await bodies('queue_messages'), await bodies('queue_dead_letters')]).toEqual(['1234', 'a']);
  });
});
