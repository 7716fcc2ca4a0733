import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { DELETE_SOME_BEFORE } from './log-statements';
import { PostgresLogStore } from './postgres-log-store';
import { withTransaction } from './transaction';

const NOON = '2026-02-14T12:00:00.000Z';
const TODAY = 'log_records_20260214';
const LONG = 'word '.repeat(100);

describe('log records in PostgreSQL', () => {
  let catalog: Catalog;
  let subject: LogStoreSubject;

  beforeAll(async () => {
    catalog = await startCatalog();
    subject = new LogStoreSubject(new PostgresLogStore(catalog.pool));
    await subject.store.ensurePartitions(Date.parse(NOON));
  });
  beforeEach(() => catalog.pool.query('TRUNCATE log_records, log_minute_counts, log_fingerprint_counts'));
  afterAll(() => catalog.end());

  /** Moves what is left of them. */
  const postponedPages = async (partition: string) => {
    const { rows } = await catalog.pool.query<{ pages: number }>(
      `SELECT gin_clean_pending_list(($1 || '_service_name_log_terms_idx')::regclass) AS pages`,
      [partition],
    );
    return rows[0]?.pages;
  };

  it('lie together with those of a batch that say the same', async () => {
    const messages = ['b 1', 'a 1', 'b 2', 'c', 'a 2', 'b 1'];
    await subject.put(messages.map((message, index) => ({ at: NOON, index, message })));
    const { rows } = await catalog.pool.query<{ message: string }>(
      `SELECT message FROM ${TODAY} ORDER BY ctid`,
    );
    expect(rows.map(({ message }) => message)).toEqual(['a 1', 'a 2', 'b 1', 'b 1', 'b 2', 'c']);
  });

  it('lie together also where other addresses and times stand before what they say', async () => {
    const messages = [
      '10.1.2.3 GET /',
      '[12:00:01] b',
      '10.0.0.9 POST /',
      '2026-02-14T12:00:00Z b',
      '10.9.9.9 GET /',
    ];
    await subject.put(messages.map((message, index) => ({ at: NOON, index, message })));
    const { rows } = await catalog.pool.query<{ message: string }>(
      `SELECT message FROM ${TODAY} ORDER BY ctid`,
    );
    expect(rows.map(({ message }) => /GET|POST|b$/.exec(message)?.[0])).toEqual([
      'GET',
      'GET',
      'POST',
      'b',
      'b',
    ]);
  });

  it('leave nothing for a search to go through once they have settled, of these days or of any other', async () => {
    const put = (message: string) =>
      subject.put([NOON, '2020-01-01T00:00:00.000Z'].map((at) => ({ at, message })));
    await put('first');
    expect(await postponedPages(TODAY)).toBeGreaterThan(0);
    expect(await postponedPages('log_records_default')).toBeGreaterThan(0);
    await put('second');
    await subject.store.settle(Date.parse(NOON));
    expect(await postponedPages(TODAY)).toBe(0);
    expect(await postponedPages('log_records_default')).toBe(0);
  });

  it('of a new day are known to the planner once they have settled, but not for a few of them', async () => {
    await catalog.pool.query(`ALTER TABLE ${TODAY} SET (autovacuum_enabled = off)`);
    const knownRecords = async () => {
      await subject.store.settle(Date.parse(NOON));
      const { rows } = await catalog.pool.query<{ known: number }>(
        `SELECT reltuples::int AS known FROM pg_class WHERE oid = $1::regclass`,
        [TODAY],
      );
      return rows[0]?.known;
    };
    await subject.put([{ at: NOON }]);
    expect(await knownRecords()).toBe(-1);
    const many = Array.from({ length: 3000 }, (_, index) => ({
      at: NOON,
      index,
      message: `m${index} ${LONG}`,
    }));
    await subject.put(many);
    expect(await knownRecords()).toBeGreaterThan(1000);
  });

  it('are deleted the oldest first, wherever they lie: each portion leaves records of one minute at most to be counted anew', async () => {
    const newestFirst = ['a', 'b', 'c', 'd'].map((message, index) => ({
      at: new Date(Date.parse(NOON) - index * 60_000).toISOString(),
      service: message,
      message,
    }));
    await subject.put(newestFirst);
    await catalog.pool.query(DELETE_SOME_BEFORE, [subject.mine.projectId, '2026-02-15T00:00:00Z', 2]);
    expect(await subject.messagesOf({})).toEqual(['b', 'a']);
  });

  it('that a busy minute has are read a few times for each portion that is deleted, however many kinds there are of them', async () => {
    const records = 20_000;
    const { projectId } = subject.mine;
    await catalog.pool.query(
      `INSERT INTO log_records (project_id, timestamp, id, received_at, level, service_name, message, context, fingerprint, source)
       SELECT $1, $2::timestamptz + n * interval '1 ms', lpad(n::text, 36, '0'), $2, 2, 'api', 'm', '{}', 'f' || n % 400, 'api'
       FROM generate_series(1, ${records}) AS n`,
      [projectId, NOON],
    );
    const read = await withTransaction(catalog.pool, async (client) => {
      const { rowCount } = await client.query(DELETE_SOME_BEFORE, [projectId, '2026-02-15T00:00:00Z', 1000]);
      expect(rowCount).toBe(1000);
      const { rows } = await client.query<{ read: number }>(
        `SELECT sum(idx_tup_fetch + seq_tup_read)::bigint AS read FROM pg_stat_xact_user_tables WHERE relname LIKE 'log\\_records%'`,
      );
      return rows[0]?.read;
    });
    expect(read).toBeLessThan(5 * records);
    const { rows } = await catalog.pool.query(
      `SELECT count(*) AS kinds, sum(count)::bigint AS records, min(first_at) AS first, max(first_at) AS last FROM log_fingerprint_counts`,
    );
    const afterNoon = (ms: number) => new Date(Date.parse(NOON) + ms);
    expect(rows).toEqual([{ kinds: 400, records: 19_000, first: afterNoon(1001), last: afterNoon(1400) }]);
  });

  it('are deleted without a look into the days whose records all stay', async () => {
    const values = [subject.mine.projectId, '2026-02-14T00:00:00Z', 10_000];
    const { rows } = await catalog.pool.query(`EXPLAIN ${DELETE_SOME_BEFORE}`, values);
    expect(JSON.stringify(rows)).toContain('log_records_20260213');
    expect(JSON.stringify(rows)).not.toContain(TODAY);
  });
});
