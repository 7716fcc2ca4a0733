import { Client, type Pool } from 'pg';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { PostgresLogStore } from './postgres-log-store';
import { layOutWordIndex } from './word-index';

const NOON = '2026-02-14T12:00:00.000Z';
const LATER = '2026-02-20T12:00:00.000Z';
const NEW_INDEX = 'log_records_by_service_and_term';

describe('layOutWordIndex', () => {
  let catalog: Catalog;
  let client: Client;
  let subject: LogStoreSubject;

  beforeAll(async () => {
    catalog = await startCatalog();
    client = new Client({ connectionString: catalog.url });
    await client.connect();
    subject = new LogStoreSubject(new PostgresLogStore(catalog.pool));
    await subject.store.ensurePartitions(Date.parse(NOON));
    const messages = ['connection lost', 'connection found', 'nothing'];
    await subject.put(messages.map((message, index) => ({ at: NOON, index, message, service: 'auth' })));
    await subject.put(
      messages.map((message, index) => ({ at: NOON, index: 10 + index, message, service: 'cart' })),
    );
  });
  beforeEach(async () => {
    await catalog.pool.query(`DROP INDEX IF EXISTS ${NEW_INDEX}, log_records_by_term`);
    await catalog.pool.query(
      'CREATE INDEX log_records_by_term ON log_records USING gin (log_terms(message))',
    );
  });
  afterAll(async () => {
    await client.end();
    await catalog.end();
  });

  const found = async (serviceName: string) => {
    const range = { fromMs: Date.parse(NOON), toMs: Date.parse(NOON) + 1000 };
    const query = { range, serviceName, search: 'connection', limit: 10, order: 'asc' } as const;
    const page = await subject.store.search(subject.mine, query);
    return page.items.map(({ message }) => message);
  };

  it('leaves one index of words, which has every day, and with which searches find the same', async () => {
    const before = await found('cart');
    expect(before).toEqual(['connection lost', 'connection found']);
    expect(await layOutWordIndex(client, Infinity)).toBe('words and services');
    expect(await indexesOfWords(catalog.pool)).toEqual([{ name: NEW_INDEX, valid: true, days: 5 }]);
    expect(await found('cart')).toEqual(before);
    expect(await layOutWordIndex(client, 0)).toBe('words and services');
  });

  it('finds words in a service without reading the other services', async () => {
    await layOutWordIndex(client, Infinity);
    const connection = await catalog.pool.connect();
    try {
      // For three records any way would do.
      await connection.query('BEGIN; DROP INDEX log_records_by_service; SET LOCAL enable_seqscan = off');
      const { rows } = await connection.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT 1 FROM log_records_20260214
         WHERE service_name = 'cart' AND log_terms(message) @@ log_phrase('connection')`,
      );
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
        /Index Cond: .*service_name = .* AND .*@@/,
      );
    } finally {
      await connection.query('ROLLBACK');
      connection.release();
    }
  });

  it('goes on where it was broken off, also after a day was indexed in part', async () => {
    const build = `gin (service_name, log_terms(message))`;
    await client.query(`CREATE INDEX ${NEW_INDEX} ON ONLY log_records USING ${build}`);
    // One that is there and not part of it, whatever state it was left in.
    await client.query(
      `CREATE INDEX log_records_20260214_service_name_log_terms_idx ON log_records_20260214 USING ${build}`,
    );
    // A day that begins meanwhile.
    await subject.store.ensurePartitions(Date.parse(LATER));
    expect(await layOutWordIndex(client, Infinity)).toBe('words and services');
    expect(await indexesOfWords(catalog.pool)).toEqual([{ name: NEW_INDEX, valid: true, days: 9 }]);
    expect(await found('auth')).toEqual(['connection lost', 'connection found']);
  });

  it.each(['CREATE INDEX CONCURRENTLY', 'ALTER INDEX'])(
    'passes over a day that is dropped before its %s',
    async (statement) => {
      const day = 'log_records_20260216';
      await subject.store.ensurePartitions(Date.parse(NOON));
      await client.query('SELECT pg_advisory_unlock_all()');
      await withSession(catalog.url, async (ours) => {
        const query = ours.query.bind(ours);
        const overtaken = async (text: string, values?: unknown[]) => {
          if (text.startsWith(statement) && text.includes(day))
            await catalog.pool.query(`DROP TABLE IF EXISTS ${day}`);
          return query(text, values);
        };
        const layout = await layOutWordIndex(Object.assign(ours, { query: overtaken }), Infinity);
        expect(layout).toBe('words and services');
      });
      expect(await indexesOfWords(catalog.pool)).toMatchObject([{ name: NEW_INDEX, valid: true }]);
      expect(await found('auth')).toEqual(['connection lost', 'connection found']);
    },
  );

  it('begins a day anew where PostgreSQL has ended its statement because of somebody else', async () => {
    const ended = new Set(['CREATE INDEX CONCURRENTLY', 'ALTER INDEX']);
    await client.query('SELECT pg_advisory_unlock_all()');
    await withSession(catalog.url, async (ours) => {
      const query = ours.query.bind(ours);
      const overtaken = (text: string, values?: unknown[]) => {
        for (const statement of ended)
          if (text.startsWith(statement)) {
            ended.delete(statement);
            return Promise.reject(Object.assign(new Error('deadlock detected'), { code: '40P01' }));
          }
        return query(text, values);
      };
      const layout = await layOutWordIndex(Object.assign(ours, { query: overtaken }), Infinity);
      expect(layout).toBe('words and services');
    });
    expect(await indexesOfWords(catalog.pool)).toMatchObject([{ name: NEW_INDEX, valid: true }]);
  });

  it('leaves the index as it is where more records lie there than it may index', async () => {
    expect(await layOutWordIndex(client, 100)).toBe('words, too many records');
    expect(await indexesOfWords(catalog.pool)).toMatchObject([{ name: 'log_records_by_term', valid: true }]);
    expect(await found('auth')).toEqual(['connection lost', 'connection found']);
  });

  it('waits for nobody who is at it', async () => {
    await layOutWordIndex(client, 100);
    await withSession(catalog.url, async (other) =>
      expect(await layOutWordIndex(other, Infinity)).toBe('words, under way'),
    );
    expect(await indexesOfWords(catalog.pool)).toMatchObject([{ name: 'log_records_by_term', valid: true }]);
  });

  it.each([1, 2, 3])('takes it for done where another has done it after our statement %d', async (turn) => {
    await client.query('SELECT pg_advisory_unlock_all()');
    let statements = 0;
    await withSession(catalog.url, async (ours) => {
      const query = ours.query.bind(ours);
      const overtaken = async (text: string, values?: unknown[]) => {
        const answer = await query(text, values);
        if (++statements === turn)
          await withSession(catalog.url, (other) => layOutWordIndex(other, Infinity));
        return answer;
      };
      const layout = await layOutWordIndex(Object.assign(ours, { query: overtaken }), Infinity);
      expect(layout).toBe('words and services');
    });
    expect(await indexesOfWords(catalog.pool)).toMatchObject([{ name: NEW_INDEX, valid: true }]);
  });

  it('leaves the index as it is where the extension may not be created', async () => {
    await client.query('DROP EXTENSION btree_gin');
    const { rows } = await client.query<{ database: string }>('SELECT current_database() AS database');
    await client.query(`CREATE ROLE ${rows[0]?.database} LOGIN`);
    await client.query(`SET ROLE ${rows[0]?.database}`);
    try {
      expect(await layOutWordIndex(client, Infinity)).toBe('words, no btree_gin');
    } finally {
      await client.query('RESET ROLE');
      await client.query(`DROP ROLE ${rows[0]?.database}`);
    }
    expect(await indexesOfWords(catalog.pool)).toMatchObject([{ name: 'log_records_by_term', valid: true }]);
  });
});

async function withSession(url: string, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

async function indexesOfWords(pool: Pool): Promise<readonly unknown[]> {
  const { rows } = await pool.query(
    `SELECT relname AS name, indisvalid AS valid, (SELECT count(*) FROM pg_inherits WHERE inhparent = pg_class.oid) AS days
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
     WHERE indrelid = 'log_records'::regclass AND amname = 'gin'`,
  );
  return rows;
}
