import type { Pool } from 'pg';
import { createTestDatabase } from '../../../../test/support/test-database';
import { migrationNames } from '../../../runtime/src/migration-files';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { checkSchema } from './check-schema';
import { createPool } from './pool';
import { PostgresApiKeyStore } from './postgres-api-key-store';

const RUN_MIGRATE = {
  kind: 'unavailable',
  code: 'OPS_ENGINE_UNAVAILABLE',
  retryAfterSeconds: expect.any(Number),
  message: expect.stringMatching(/schema of the database is missing or older.*run opspilot migrate/),
};

describe('the schema that a process needs', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let pool: Pool;
  const check = () => checkSchema(pool, migrationNames());

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = createPool({ url: database.url, size: 2, statementTimeoutMs: 5000, applicationName: 'test' });
  });
  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  it('is asked for where it is missing, by checks and by requests, and seen as soon as it is there', async () => {
    const keys = new PostgresApiKeyStore(pool);
    await expect(check()).rejects.toMatchObject(RUN_MIGRATE);
    await expect(keys.findByHash('any')).rejects.toMatchObject(RUN_MIGRATE);
    await runMigrations(database.url);
    await check();
    expect(await keys.findByHash('any')).toBeUndefined();
  });

  it('is asked for where a migration of this version is not applied, also after it was there', async () => {
    await runMigrations(database.url);
    await check();
    await pool.query(`DELETE FROM schema_migrations WHERE name = $1`, [migrationNames().at(-1)]);
    await expect(check()).rejects.toMatchObject(RUN_MIGRATE);
  });

  it('may be that of a newer version, which migrates before it replaces this one', async () => {
    await runMigrations(database.url);
    await pool.query(`INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')`);
    await check();
  });

  it('is asked for where a column of this version is not there yet', async () => {
    await runMigrations(database.url);
    await pool.query('ALTER TABLE api_keys DROP COLUMN secret_hash');
    await expect(new PostgresApiKeyStore(pool).findByHash('any')).rejects.toMatchObject(RUN_MIGRATE);
  });
});
