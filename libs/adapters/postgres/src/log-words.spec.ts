import fc from 'fast-check';
import type { Pool } from 'pg';
import { createTestDatabase } from '../../../../test/support/test-database';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';

describe('log_terms', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let pool: Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    await runMigrations(database.url);
    pool = createPool({ url: database.url, size: 1, statementTimeoutMs: 20_000, applicationName: 'test' });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('splits plain ASCII by its short cut exactly as by the definition: runs of letters and digits', async () => {
    // Pieces that PostgreSQL's parser has rules of its own for: hosts, addresses, paths, tags, numbers, versions.
    const piece = fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 3 }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom('a', 'Z9', 'http://', 'www.', '.com', '1.5', 'e-7', '&amp;', '<b>', '\t'),
      },
      { weight: 2, arbitrary: fc.constantFrom(...'-_./:@+<>&~%?=#$!;"\'()[]{}|\\^`*,') },
    );
    const messages = fc.sample(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      20_000,
    );
    const { rows } = await pool.query(
      `SELECT message, log_terms(message), expected FROM unnest($1::text[]) AS message
       CROSS JOIN LATERAL to_tsvector('simple', regexp_replace(message, '[^a-zA-Z0-9]+', ' ', 'g')) AS expected
       WHERE log_terms(message) <> expected`,
      [messages],
    );
    expect(rows).toEqual([]);
  });

  it('takes digits of all scripts, and signs such as ½ and ², for parts of words', async () => {
    const { rows } = await pool.query(`SELECT log_words('القيمة=١٢ (½) M²') AS words`);
    expect(rows).toEqual([{ words: 'القيمة ١٢ ½ m²' }]);
  });

  it('is what the index holds, so that a search by words does not read the table', async () => {
    await pool.query('SET enable_seqscan = off');
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT 1 FROM log_records WHERE log_terms(message) @@ (log_phrase('a b') && log_phrase('c'))`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
      /Bitmap Index Scan on log_records_default_service_name_log_terms/,
    );
  });
});
