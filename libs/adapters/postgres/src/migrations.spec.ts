import { Client } from 'pg';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitForLocks } from '../../../../test/support/wait-for-locks';
import { runMigrations } from '../../../runtime/src/run-migrations';

describe('runMigrations on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let client: Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  it('applies every migration once, in order, however many processes start together', async () => {
    const applied = await Promise.all([1, 2, 3].map(() => runMigrations(database.url)));
    const [first, ...others] = applied.filter((names) => names.length > 0);
    expect(others).toEqual([]);
    expect(first).toEqual([...(first ?? [])].sort());
    const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY name');
    expect(rows.map(({ name }) => name)).toEqual(first);
    expect(await runMigrations(database.url)).toEqual([]);
  });

  it('refuses a database that a newer version has migrated, and one whose migration was edited', async () => {
    await runMigrations(database.url);
    await client.query(`INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')`);
    await expect(runMigrations(database.url)).rejects.toThrow(/newer than the code/);
    await client.query(`DELETE FROM schema_migrations WHERE name = '9999_future'`);
    await client.query(`UPDATE schema_migrations SET checksum = 'x' WHERE name = '0002_queue'`);
    await expect(runMigrations(database.url)).rejects.toThrow(/0002_queue was changed/);
  });

  it('undoes a migration that fails, and goes on from there when its cause is gone', async () => {
    await client.query('CREATE TABLE samples (in_the_way integer)');
    await expect(runMigrations(database.url)).rejects.toThrow(/0004_metrics failed and was undone/);
    const { rows } = await client.query(`SELECT to_regclass('series') AS series`);
    expect(rows).toEqual([{ series: null }]);
    await client.query('DROP TABLE samples');
    expect((await runMigrations(database.url))[0]).toBe('0004_metrics');
  });

  it('applies what takes longer than statements of services may in this database, or may wait', async () => {
    const name = client.escapeIdentifier(client.database ?? '');
    await client.query(
      `ALTER DATABASE ${name} SET statement_timeout = 1; ALTER DATABASE ${name} SET lock_timeout = 1`,
    );
    const applied = await Promise.all([1, 2].map(() => runMigrations(database.url)));
    expect(applied.flat()).toContain('0001_projects');
  });

  describe('where somebody reads a table for long that a migration changes', () => {
    /** The database is at the migration before the one that adds columns to projects. */
    beforeEach(async () => {
      await client.query('CREATE TABLE log_fingerprint_counts (in_the_way integer)');
      await expect(runMigrations(database.url)).rejects.toThrow(/0018_log_fingerprint_counts/);
      await client.query('DROP TABLE log_fingerprint_counts');
      await client.query(
        'ALTER TABLE projects DROP COLUMN log_retention_days, DROP COLUMN metric_retention_days',
      );
      await client.query(`DELETE FROM schema_migrations WHERE name = '0017_retention'`);
      await client.query('BEGIN; SELECT FROM projects');
    });

    it('lets everybody else go on, and goes on itself when that is over', async () => {
      const other = new Client({ connectionString: database.url, statement_timeout: 20_000 });
      await other.connect();
      try {
        const migration = runMigrations(database.url);
        await waitForLocks(other, 1);
        await other.query('SELECT FROM projects');
        await client.query('COMMIT');
        expect((await migration)[0]).toBe('0017_retention');
      } finally {
        await other.end();
      }
    });

    it('gives up in the end, with nothing changed, and says what to look for', async () => {
      await expect(runMigrations(database.url)).rejects.toThrow(
        /0017_retention failed and was undone: .*look for transactions that last/,
      );
      await client.query('COMMIT');
      expect((await runMigrations(database.url))[0]).toBe('0017_retention');
    });
  });
});
