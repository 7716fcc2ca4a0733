import type { Pool } from 'pg';
import { createTestDatabase } from '../../../../test/support/test-database';
import { checkWritable } from './check-writable';
import { FullDiskWatch } from './full-disk-watch';
import { lendClient } from './lend-client';
import { createPool } from './pool';

describe('checkWritable', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const pools: Pool[] = [];
  const poolOf = (url: URL) => {
    const pool = createPool({ url: url.href, size: 1, statementTimeoutMs: 5000, applicationName: 'test' });
    pools.push(pool);
    return pool;
  };
  let nowMs = 0;
  const stopwatch = { readMs: () => nowMs };
  const check = (pool: Pool) => checkWritable(pool, new FullDiskWatch(pool, stopwatch));

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  it('has nothing to say of a database that takes writes', async () => {
    await check(poolOf(new URL(database.url)));
  });

  it('says what to do about one that only lets itself be read, as a standby does', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    await expect(check(poolOf(url))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'OPS_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/only lets itself be read.*primary/),
    });
  });

  it.each([
    ['a query', (pool: Pool, statement: string) => pool.query(statement)],
    [
      'work on a lent connection',
      (pool: Pool, statement: string) => lendClient(pool, (client) => client.query(statement)),
    ],
  ])('says for a minute that %s found the disk full', async (_case, write) => {
    const pool = poolOf(new URL(database.url));
    const disk = new FullDiskWatch(pool, stopwatch);
    const fails = `DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$`;
    await expect(write(pool, fails)).rejects.toMatchObject({ code: '53100' });
    nowMs += 59_999;
    await expect(checkWritable(pool, disk)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/disk of the database is full: free space/),
    });
    nowMs += 1;
    await checkWritable(pool, disk);
  });
});
