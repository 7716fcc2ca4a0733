import type { Pool, PoolClient } from 'pg';
import { startCatalog, type Catalog } from '../../../../test/support/start-catalog';
import { strongLocks } from '../../../../test/support/table-locks';
import { waitForLocks } from '../../../../test/support/wait-for-locks';
import { LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { dropDays } from './drop-days';
import { logDays } from './log-days';
import { PostgresLogStore } from './postgres-log-store';
import { withTransaction } from './transaction';

const DAY_MS = 86_400_000;
const DAY = Date.parse('2026-02-14T00:00:00Z');
const NOON = '2026-02-14T12:00:00.000Z';

describe('dropDays', () => {
  let catalog: Catalog;
  let subject: LogStoreSubject;

  beforeAll(async () => {
    catalog = await startCatalog();
  });
  beforeEach(async () => {
    await catalog.pool.query('TRUNCATE log_records, log_minute_counts, log_fingerprint_counts');
    subject = new LogStoreSubject(new PostgresLogStore(catalog.pool));
    await subject.store.ensurePartitions(DAY);
    await subject.put([{ at: NOON, message: 'mine' }]);
  });
  afterAll(() => catalog.end());

  const partitions = async () => {
    const days = await logDays.list(catalog.pool, DAY + DAY_MS);
    return days.map(({ endMs }) => endMs);
  };
  const counted = async (connection: Pool | PoolClient = catalog.pool) => {
    const { rows } = await connection.query<{ records: number }>(
      'SELECT coalesce(sum(count), 0)::bigint AS records FROM log_minute_counts',
    );
    return rows[0]?.records;
  };
  const mineAged = () => Promise.resolve(new Map([[subject.mine.projectId, DAY + DAY_MS]]));

  it('keeps a day in which a record that must stay is written between the first look and the lock', async () => {
    const days = {
      ...logDays,
      lock: async (...given: Parameters<typeof logDays.lock>) => {
        const [, { startMs }] = given;
        if (startMs === DAY) await subject.put([{ at: NOON, message: 'theirs' }], subject.theirs);
        await logDays.lock(...given);
      },
    };
    const dropped = await dropDays(catalog.pool, days, mineAged);
    expect(dropped.map(({ endMs }) => endMs)).not.toContain(DAY + DAY_MS);
    expect(await partitions()).toContain(DAY + DAY_MS);
    expect(await subject.messagesOf({}, subject.theirs)).toEqual(['theirs']);
    expect(await subject.messagesOf({})).toEqual(['mine']);
    expect(await counted()).toBe(2);
  });

  it('keeps a day of a project that decides to keep it while the day is prepared to be dropped', async () => {
    let limits = await mineAged();
    const days = {
      ...logDays,
      prepare: async (...given: Parameters<NonNullable<typeof logDays.prepare>>) => {
        limits = new Map();
        return (await logDays.prepare?.(...given)) ?? 0;
      },
    };
    expect(await dropDays(catalog.pool, days, () => Promise.resolve(limits))).toEqual([]);
    expect(await subject.messagesOf({})).toEqual(['mine']);
    expect(await counted()).toBe(1);
  });

  it('forgets the counts before it keeps others out, and then those of records that came meanwhile', async () => {
    let atLock: number | undefined;
    const days = {
      ...logDays,
      lock: async (...given: Parameters<typeof logDays.lock>) => {
        const [client, { startMs }] = given;
        if (startMs === DAY) {
          atLock = await counted(client);
          await subject.put([{ at: '2026-02-14T13:00:00.000Z', message: 'late' }]);
        }
        await logDays.lock(...given);
      },
    };
    const dropped = await dropDays(catalog.pool, days, mineAged);
    expect(atLock).toBe(0);
    expect(dropped).toContainEqual({ endMs: DAY + DAY_MS, records: 2 });
    expect(await counted()).toBe(0);
  });

  it('fails no writer that waits for what it has prepared: where it is the one that PostgreSQL ends, it tries again', async () => {
    let writing: Promise<unknown> | undefined;
    const days = {
      ...logDays,
      lock: async (...given: Parameters<typeof logDays.lock>) => {
        const [, { startMs }] = given;
        if (startMs === DAY && writing === undefined) {
          writing = subject.put([{ at: NOON, message: 'same minute' }]);
          // It is waited for below, and may fail before.
          writing.catch(() => undefined);
          // For the count, which has been forgotten already and may come back.
          await waitForLocks(catalog.pool, 1);
        }
        await logDays.lock(...given);
      },
    };
    const dropped = await dropDays(catalog.pool, days, mineAged);
    await writing;
    const left = (await subject.messagesOf({})).length;
    expect(dropped).toContainEqual({ endMs: DAY + DAY_MS, records: 2 - left });
    expect(await counted()).toBe(left);
  });

  it('drops a day once when two do it at the same time', async () => {
    const both = await Promise.all([1, 2].map(() => subject.store.dropDays(mineAged)));
    const ends = both.flat().map(({ endMs }) => endMs);
    expect(ends.filter((endMs) => endMs === DAY + DAY_MS)).toHaveLength(1);
    expect(await partitions()).toEqual([]);
  });

  it('goes on with the other days where one cannot be dropped, reports it, and drops it once nothing is in the way', async () => {
    const [oldest] = await logDays.list(catalog.pool, DAY + DAY_MS);
    await catalog.pool.query(`CREATE VIEW of_somebody AS SELECT * FROM ${oldest?.table}`);
    await expect(subject.store.dropDays(mineAged)).rejects.toMatchObject({ code: '2BP01' });
    expect(await partitions()).toEqual([oldest?.endMs]);
    expect(await subject.messagesOf({})).toEqual([]);
    await catalog.pool.query('DROP VIEW of_somebody');
    expect(await subject.store.dropDays(mineAged)).toEqual([{ endMs: oldest?.endMs, records: 0 }]);
    expect(await partitions()).toEqual([]);
  });

  it('stops at the first day where the limits cannot be read', async () => {
    let reads = 0;
    const readLimits = () => (reads++ === 0 ? mineAged() : Promise.reject(new Error('gone')));
    await expect(subject.store.dropDays(readLimits)).rejects.toThrow('gone');
    expect(reads).toBe(2);
  });

  it('lets others pass while a long query holds the table, and drops the day when it is over', async () => {
    const longQuery = await catalog.pool.connect();
    try {
      await longQuery.query('BEGIN');
      await longQuery.query('SELECT count(*) FROM log_records');
      const dropping = subject.store.dropDays(mineAged);
      await waitForLocks(catalog.pool, 1);
      // Waits behind it, until it gives up for now.
      expect(await subject.messagesOf({})).toEqual(['mine']);
      await longQuery.query('COMMIT');
      expect((await dropping).map(({ endMs }) => endMs)).toContain(DAY + DAY_MS);
    } finally {
      longQuery.release();
    }
    expect(await subject.messagesOf({})).toEqual([]);
  });

  it.each(['log_records_20260214', 'log_records_default'])(
    'holds nobody up while something maintains %s, such as the building of an index',
    async (partition) => {
      const building = await catalog.pool.connect();
      try {
        await building.query(`BEGIN; LOCK TABLE ${partition} IN SHARE UPDATE EXCLUSIVE MODE`);
        const dropping = subject.store.dropDays(mineAged);
        await waitForLocks(catalog.pool, 1);
        expect(await strongLocks(catalog.pool)).toEqual([]);
        await building.query('COMMIT');
        expect((await dropping).map(({ endMs }) => endMs)).toContain(DAY + DAY_MS);
      } finally {
        building.release();
      }
    },
  );

  it('forgets the counts by minute of what it drops, and no others', async () => {
    await subject.put([{ at: '2026-02-15T00:00:00.000Z' }]);
    await subject.put([{ at: '2026-02-13T23:59:59.999Z' }], subject.theirs);
    await subject.store.dropDays(mineAged);
    for (const table of ['log_minute_counts', 'log_fingerprint_counts']) {
      const { rows } = await catalog.pool.query<{ minute: Date }>(
        `SELECT minute FROM ${table} ORDER BY minute`,
      );
      expect(rows.map(({ minute }) => minute.toISOString())).toEqual([
        '2026-02-13T23:59:00.000Z',
        '2026-02-15T00:00:00.000Z',
      ]);
    }
  });

  it('leaves no counts by fingerprint where the release before, which knows those by service alone, drops a day', async () => {
    const { projectId } = subject.mine;
    await withTransaction(catalog.pool, async (client) => {
      await client.query('DELETE FROM log_minute_counts WHERE project_id = $1', [projectId]);
      await client.query('DROP TABLE log_records_20260214');
    });
    const { rows } = await catalog.pool.query('SELECT FROM log_fingerprint_counts WHERE project_id = $1', [
      projectId,
    ]);
    expect(rows).toHaveLength(0);
  });
});
