import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { strongLocks } from '../../../../test/support/table-locks';
import { waitForLocks } from '../../../../test/support/wait-for-locks';
import { ensureDayPartitions, partitionsAround } from './day-partitions';

const NOW = Date.parse('2026-02-28T23:59:59.999Z');
const NAMES = ['20260227', '20260228', '20260301', '20260302'].map((day) => `log_records_${day}`);

describe('partitionsAround', () => {
  it('covers yesterday to the day after tomorrow, in UTC, over the end of a month', () => {
    expect(partitionsAround('log_records', NOW).map(({ name }) => name)).toEqual(NAMES);
    expect(partitionsAround('log_records', NOW)[2]).toEqual({
      name: 'log_records_20260301',
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-03-02T00:00:00.000Z',
    });
  });
});

describe('ensureDayPartitions', () => {
  let catalog: Catalog;
  let pool: Pool;
  const project = randomUUID();

  beforeEach(async () => {
    catalog = await startCatalog();
    ({ pool } = catalog);
  });
  afterEach(() => catalog.end());

  const insert = (at: string, id: string) =>
    pool.query(
      `INSERT INTO log_records (project_id, timestamp, id, received_at, level, service_name, message, context, fingerprint, source)
       VALUES ($1, $2, $3, now(), 2, 's', 'some words', '{}', 'f', 'api') ON CONFLICT DO NOTHING`,
      [project, at, id],
    );
  const countIn = async (table: string) => {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
    return rows[0]?.count;
  };

  it('creates what is missing, once, however many processes ask', async () => {
    const created = await Promise.all(
      Array.from({ length: 6 }, () => ensureDayPartitions(pool, 'log_records', NOW)),
    );
    expect(created.flat().sort()).toEqual(NAMES);
    expect(await ensureDayPartitions(pool, 'log_records', NOW)).toEqual([]);
  });

  it('moves rows that came before their partition, with all others staying where they are', async () => {
    await insert('2026-02-28T00:00:00Z', 'a');
    await insert('2026-02-28T23:59:59.999999Z', 'b');
    await insert('2026-03-02T12:00:00Z', 'c');
    await insert('2005-06-03T12:00:00Z', 'd');
    await ensureDayPartitions(pool, 'log_records', NOW);
    expect(await countIn('log_records_20260228')).toBe(2);
    expect(await countIn('log_records_20260302')).toBe(1);
    expect(await countIn('log_records_default')).toBe(1);
    expect(await countIn('log_records')).toBe(4);
  });

  it('gives a partition the indexes of the table, so that moved rows are found by word and stay unique', async () => {
    await insert('2026-02-28T12:00:00Z', 'a');
    await ensureDayPartitions(pool, 'log_records', NOW);
    await insert('2026-02-28T12:00:00Z', 'a');
    expect(await countIn('log_records')).toBe(1);
    const indexes = (table: string) =>
      pool.query<{ count: number }>(
        'SELECT count(*) AS count FROM pg_index WHERE indrelid = $1::regclass AND indisvalid',
        [table],
      );
    const [parent, child] = await Promise.all([indexes('log_records'), indexes('log_records_20260228')]);
    expect(child.rows).toEqual(parent.rows);
  });

  it('loses no row that is written while partitions are made', async () => {
    const writes = Array.from({ length: 200 }, (_, index) => insert('2026-02-28T12:00:00Z', `w${index}`));
    await Promise.all([...writes, ensureDayPartitions(pool, 'log_records', NOW)]);
    expect(await countIn('log_records')).toBe(200);
    expect(await countIn('log_records_default')).toBe(0);
  });

  it('hides no row from who reads while it moves into its partition', async () => {
    await insert('2026-02-27T12:00:00Z', 'a');
    let reading: Promise<number | undefined> | undefined;
    // In the middle of the move, when all its locks are held.
    pool.on('acquire', (client) => {
      const query = client.query.bind(client) as (...given: unknown[]) => unknown;
      const readFirst = async (...given: unknown[]) => {
        reading = countIn('log_records');
        await waitForLocks(pool, 1);
        return query(...given);
      };
      client.query = ((...given: unknown[]) =>
        reading === undefined && String(given[0]).startsWith('WITH moved')
          ? readFirst(...given)
          : query(...given)) as typeof client.query;
    });
    expect(await ensureDayPartitions(pool, 'log_records', NOW)).toEqual(NAMES);
    expect(await reading).toBe(1);
  });

  it('holds nobody up while something maintains the default partition, such as the building of an index', async () => {
    await insert('2026-02-27T12:00:00Z', 'a');
    const building = await pool.connect();
    try {
      await building.query('BEGIN; LOCK TABLE log_records_default IN SHARE UPDATE EXCLUSIVE MODE');
      const making = ensureDayPartitions(pool, 'log_records', NOW);
      await waitForLocks(pool, 1);
      expect(await strongLocks(pool)).toEqual([]);
      await building.query('COMMIT');
      expect(await making).toEqual(NAMES);
    } finally {
      building.release();
    }
  });

  it('serves the samples alike', async () => {
    const partitioned = await startCatalog('day partitions');
    try {
      expect(await ensureDayPartitions(partitioned.pool, 'samples', NOW)).toHaveLength(4);
    } finally {
      await partitioned.end();
    }
  });
});
