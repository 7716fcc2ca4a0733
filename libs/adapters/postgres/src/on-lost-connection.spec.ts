import { once } from 'node:events';
import type { Pool } from 'pg';
import { testServerUrl } from '../../../../test/support/test-database';
import { lendClient } from './lend-client';
import { onLostConnection } from './on-lost-connection';
import { createPool } from './pool';

const END_MYSELF = 'SELECT pg_terminate_backend(pg_backend_pid())';

describe('onLostConnection', () => {
  let pool: Pool;
  let lost: jest.Mock;

  beforeEach(() => {
    pool = createPool({ url: testServerUrl(), size: 2, statementTimeoutMs: 20_000, applicationName: 'test' });
    lost = jest.fn();
    onLostConnection(pool, lost);
  });
  afterEach(() => pool.end());

  it('tells of a connection that breaks at rest', async () => {
    const broken = once(pool, 'error');
    await lendClient(pool, async (client) => {
      const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    });
    await broken;
    expect(lost).toHaveBeenCalled();
  });

  it('tells of one that breaks at work', async () => {
    await expect(pool.query(END_MYSELF)).rejects.toThrow();
    expect(lost).toHaveBeenCalledTimes(1);
    await expect(lendClient(pool, (client) => client.query(END_MYSELF))).rejects.toThrow();
    expect(lost).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['data', 'SELECT 1 / 0'],
    ['a statement that takes too long', 'SET statement_timeout = 200; SELECT pg_sleep(10)'],
  ])('does not mind errors about %s', async (_, statement) => {
    await expect(pool.query(statement)).rejects.toThrow();
    await expect(lendClient(pool, (client) => client.query(statement))).rejects.toThrow();
    expect(lost).not.toHaveBeenCalled();
  });
});
