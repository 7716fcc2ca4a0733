import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase, testServerUrl } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { LIVE_CONFORMANCE_BUFFER, liveFeedConformance } from '../../../conformance/src/live-feed.conformance';
import { systemStopwatch } from '../../../core/src/common/stopwatch';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
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
        stopwatch: systemStopwatch,
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

describe('PostgresLiveFeed', () => {
  it('listens no longer to a project that it could not subscribe to', async () => {
    const database = await createTestDatabase();
    const server = new Client({ connectionString: testServerUrl() });
    await server.connect();
    const name = new URL(database.url).pathname.slice(1);
    const settings = { url: database.url, size: 2, statementTimeoutMs: 10_000 };
    const pool = createPool({ ...settings, applicationName: 'test' });
    const feed = new PostgresLiveFeed(pool, {
      bufferRecords: LIVE_CONFORMANCE_BUFFER,
      stopwatch: systemStopwatch,
      log: { warn: () => undefined },
    });
    const subscribe = (projectId: string) =>
      feed.subscribe(
        scopeOfProject(asId<ProjectId>(projectId)),
        {},
        () => Promise.resolve(),
        new AbortController().signal,
      );
    const lastOfListener = async (command: string) => {
      const { rows } = await server.query<{ query: string }>(
        `SELECT query FROM pg_stat_activity WHERE datname = $1 AND application_name = 'opspilot-live-feed'`,
        [name],
      );
      return rows[0]?.query.startsWith(command) === true ? rows[0].query : undefined;
    };
    try {
      await subscribe(randomUUID());
      await waitFor('the listener', () => lastOfListener('LISTEN'));
      // From here on the listener has a connection, and nobody else gets one.
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await server.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'test'`,
        [name],
      );
      const projectId = randomUUID();
      await expect(subscribe(projectId)).rejects.toThrow();
      expect(await waitFor('the listener', () => lastOfListener('UNLISTEN'))).toContain(projectId);
    } finally {
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await feed.close();
      await pool.end();
      await server.end();
      await database.drop();
    }
  });

  it('tells once that records are not shown, however many come while PostgreSQL is away', async () => {
    const url = 'postgres://nobody:nothing@127.0.0.1:1/none';
    const pool = createPool({ url, size: 1, statementTimeoutMs: 100, applicationName: 'test' });
    const warned: string[] = [];
    const feed = new PostgresLiveFeed(pool, {
      bufferRecords: LIVE_CONFORMANCE_BUFFER,
      stopwatch: systemStopwatch,
      log: { warn: (_fields, message) => void warned.push(message) },
    });
    // Private: it is called for projects that somebody watches, and nobody can say so meanwhile.
    const notify = Reflect.get(feed, 'notify') as (channel: string, payloads: string[]) => Promise<void>;
    for (let batch = 0; batch < 3; batch++) await Reflect.apply(notify, feed, ['channel', ['record']]);
    expect(warned).toEqual(['records were not shown to those who watch']);
    await feed.close();
    await pool.end();
  });
});
