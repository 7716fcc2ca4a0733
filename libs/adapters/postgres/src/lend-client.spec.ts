import type { Pool, PoolClient } from 'pg';
import { startSilentWire } from '../../../../test/support/silent-wire';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { copyFrom } from './copy-from';
import { toEngineError } from './engine-error';
import { lendClient } from './lend-client';
import { createPool } from './pool';
import { withTransaction } from './transaction';

describe('a connection of the pool that is lent', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let pool: Pool;
  let other: Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    const options = { url: database.url, statementTimeoutMs: 10_000, applicationName: 'test' };
    pool = createPool({ ...options, size: 1 });
    other = createPool({ ...options, size: 1 });
    await pool.query('CREATE TABLE numbers (number bigint PRIMARY KEY)');
  });
  afterAll(async () => {
    await pool.end();
    await other.end();
    await database.drop();
  });

  const backend = async (asker: Pool | PoolClient) => {
    const { rows } = await asker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid;
  };
  const isGone = async (pid: number | undefined) => {
    const { rowCount } = await other.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid]);
    return rowCount === 0 ? true : undefined;
  };
  const terminate = async (pid: number | undefined) => {
    await other.query('SELECT pg_terminate_backend($1)', [pid]);
    await waitFor('the connection to be gone', () => isGone(pid));
  };

  it('ends no process where PostgreSQL ends it between two statements of a transaction', async () => {
    let pid: number | undefined;
    const transaction = withTransaction(pool, async (client) => {
      pid = await backend(client);
      const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
      await terminate(pid);
      await ended;
      await client.query('SELECT 1');
    });
    await expect(transaction).rejects.toThrow();
    expect(await backend(pool)).not.toBe(pid);
  });

  it('is closed where it broke, though nothing was asked of it any more', async () => {
    const pid = await lendClient(pool, async (client) => {
      const mine = await backend(client);
      const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
      await terminate(mine);
      await ended;
      return mine;
    });
    expect(await backend(pool)).not.toBe(pid);
  });

  it('is kept where the work failed and the connection did not', async () => {
    const pid = await backend(pool);
    const failing = withTransaction(pool, () => Promise.reject(new Error('of the work')));
    await expect(failing).rejects.toThrow('of the work');
    await expect(copyFrom(pool, 'COPY numbers FROM STDIN', Buffer.from('1\n1\n'))).rejects.toThrow(
      'duplicate',
    );
    expect(await backend(pool)).toBe(pid);
    expect(await copyFrom(pool, 'COPY numbers FROM STDIN', Buffer.from('1\n2\n'))).toBe(2);
  });

  it('is asked nothing more where it gave no answer: each question would be waited for as long as the first', async () => {
    const wire = await startSilentWire(database.url);
    const silent = createPool({
      url: wire.url,
      size: 1,
      statementTimeoutMs: 100,
      applicationName: 'test',
    });
    const asked: jest.SpyInstance[] = [];
    silent.on('connect', (client) => void asked.push(jest.spyOn(client, 'query')));
    try {
      const transaction = withTransaction(silent, (client) => {
        wire.goSilent();
        return client.query('SELECT 1');
      });
      await expect(transaction).rejects.toThrow('timeout');
      expect(asked.map(({ mock }) => mock.calls.map(([statement]) => statement as unknown))).toEqual([
        ['BEGIN', 'SELECT 1'],
      ]);
    } finally {
      await wire.close();
      await silent.end();
    }
  });

  it('keeps nobody waiting for what it has locked, where its process stands still in the middle of a transaction', async () => {
    const still = createPool({
      url: database.url,
      size: 1,
      statementTimeoutMs: 500,
      applicationName: 'test',
    });
    const client = await still.connect();
    // More than one: why it was ended, and that it was.
    const ended = new Promise<Error>((resolve) => client.on('error', resolve));
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE numbers');
      // Far less patient than the ten seconds of the other: who waits for a lock that nobody gives back gets an error.
      await other.query('INSERT INTO numbers VALUES (3)');
      expect(toEngineError(await ended)).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('stood still'),
      });
    } finally {
      client.release(true);
      await still.end();
    }
  });

  it('is ended by PostgreSQL within two minutes where the machine of its process is gone without a word', async () => {
    const setting = (name: string) => `current_setting('tcp_keepalives_${name}')::int`;
    const { rows } = await pool.query<{ seconds: number }>(
      `SELECT ${setting('idle')} + ${setting('interval')} * ${setting('count')} AS seconds`,
    );
    expect(rows).toEqual([{ seconds: 120 }]);
  });
});
