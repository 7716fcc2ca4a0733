import type { Pool } from 'pg';
import { createTestDatabase } from '../../../../test/support/test-database';
import { checkWritable } from './check-writable';
import { createPool } from './pool';

describe('checkWritable', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const pools: Pool[] = [];
  const poolOf = (url: URL) => {
    const pool = createPool({ url: url.href, size: 1, statementTimeoutMs: 5000, applicationName: 'test' });
    pools.push(pool);
    return pool;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  it('has nothing to say of a database that takes writes', async () => {
    await checkWritable(poolOf(new URL(database.url)));
  });

  it('says what to do about one that only lets itself be read, as a standby does', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    await expect(checkWritable(poolOf(url))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'OPS_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/only lets itself be read.*primary/),
    });
  });
});
