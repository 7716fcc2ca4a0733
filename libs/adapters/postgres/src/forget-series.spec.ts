import { newScope } from '../../../../test/support/new-scope';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { waitForLocks } from '../../../../test/support/wait-for-locks';
import { MetricStoreSubject } from '../../../conformance/src/given-samples.conformance';
import { PostgresMetricStore } from './postgres-metric-store';

/** What happens in the middle of forgetting, which the conformance suite only comes by now and then. */
describe('forgetting series', () => {
  let catalog: Catalog;
  let subject: MetricStoreSubject;

  beforeAll(async () => {
    catalog = await startCatalog();
  });
  beforeEach(() => {
    subject = new MetricStoreSubject(new PostgresMetricStore(catalog.pool));
  });
  afterAll(() => catalog.end());

  const goingOf = async (): Promise<readonly boolean[]> => {
    const { rows } = await catalog.pool.query<{ is_being_forgotten: boolean }>(
      'SELECT is_being_forgotten FROM series WHERE project_id = $1',
      [subject.mine.projectId],
    );
    return rows.map(({ is_being_forgotten: isGoing }) => isGoing);
  };

  it('keeps a series that was told to go and is looked up before it went', async () => {
    await subject.put([{ at: 0, value: 1 }]);
    await catalog.pool.query('UPDATE series SET is_being_forgotten = true WHERE project_id = $1', [
      subject.mine.projectId,
    ]);
    const writer = new MetricStoreSubject(new PostgresMetricStore(catalog.pool));
    await writer.put([{ at: 1, value: 1 }], subject.mine);
    expect(await goingOf()).toEqual([false]);
  });

  it.each([
    ['written as they mostly are', false],
    ['written with care', true],
  ])('stores samples for a series that goes just before they are stored: %s', async (_how, withCare) => {
    // The newest of them stays, and whoever remembers it too.
    await subject.put([{ at: 0, value: 1 }]);
    await subject.put([{ metric: 'other', at: 0, value: 1 }]);
    if (withCare) await subject.store.write(subject.mine, subject.batch([{ at: 0, value: 1 }]));
    const forgetting = await catalog.pool.connect();
    try {
      await forgetting.query('BEGIN');
      await forgetting.query('LOCK TABLE ONLY samples IN SHARE MODE');
      const writing = subject.put([{ at: 60, value: 2 }]);
      // Waited for below, where it is seen to end well.
      writing.catch(() => undefined);
      await waitForLocks(catalog.pool, 1);
      await forgetting.query('UPDATE series_forgetting SET forgotten_at = clock_timestamp()');
      await forgetting.query(`DELETE FROM series WHERE project_id = $1 AND metric_name <> 'other'`, [
        subject.mine.projectId,
      ]);
      await forgetting.query('COMMIT');
      await writing;
      expect(await subject.pointsOf({})).toEqual([[[60, 2]]]);
    } finally {
      forgetting.release();
    }
  });

  it('forgets fewer at a time where the statement timeout ends it, and all in the end', async () => {
    const own = await startCatalog();
    try {
      const given = new MetricStoreSubject(new PostgresMetricStore(own.pool));
      const hosts = Array.from({ length: 300 }, (_, host) => ({
        at: 0,
        value: 1,
        tags: { host: `${host}` },
      }));
      await given.put(hosts);
      await own.pool.query('DELETE FROM samples');
      // They say what PostgreSQL says on a timeout, by the number of rows instead of the time they take.
      await own.pool.query(`
        CREATE FUNCTION cancel_where(is_too_many boolean) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
          IF is_too_many THEN
            RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = '57014';
          END IF;
        END $$;
        CREATE FUNCTION looked_at(made_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE COST 100000 AS $$
        DECLARE
          name text := 'test.looks_' || (extract(epoch FROM now()) * 1000000)::bigint;
          looks integer := coalesce(nullif(current_setting(name, true), ''), '0')::integer + 1;
        BEGIN
          PERFORM set_config(name, looks::text, true), cancel_where(looks > 100);
          RETURN made_at;
        END $$;
        CREATE FUNCTION deleted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM cancel_where((SELECT count(*) > 50 FROM gone));
          RETURN NULL;
        END $$;
        CREATE TRIGGER deleted AFTER DELETE ON series
          REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION deleted();
        ALTER TABLE series RENAME TO all_series;
        CREATE VIEW series AS
          SELECT id, project_id, is_being_forgotten, looked_at(created_at) AS created_at FROM all_series`);
      const portions: number[] = [];
      const forgotten = await given.store.forgetSeries(given.mine, Date.now() + 60_000, (count) => {
        if (count > 0) portions.push(count);
        return Promise.resolve(true);
      });
      expect(forgotten).toBe(300);
      expect(Math.max(...portions)).toBeLessThanOrEqual(50);
      const { rows } = await own.pool.query('SELECT FROM all_series');
      expect(rows).toEqual([]);
    } finally {
      await own.end();
    }
  });

  it('counts the series of each project, whoever adds or deletes them', async () => {
    const counts = async (scope = subject.mine) => {
      const { rows } = await catalog.pool.query<{ count: number }>(
        'SELECT count FROM series_counts WHERE project_id = $1',
        [scope.projectId],
      );
      return rows.map(({ count }) => count);
    };
    const hosts = ['a', 'b', 'c'].map((host) => ({ at: 0, value: 1, tags: { host } }));
    await subject.put(hosts);
    await subject.put(hosts.slice(1), subject.theirs);
    await catalog.pool.query(`DELETE FROM series WHERE tags = '{"host": "b"}'`);
    expect([await counts(), await counts(subject.theirs), await counts(newScope())]).toEqual([[2], [1], []]);
  });

  it('says that a project has as many series as it may, and which, for as long as that is so', async () => {
    const hosts = Array.from({ length: 20 }, (_, host) => ({ at: 0, value: 1, tags: { host: `${host}` } }));
    await subject.put(hosts);
    const full = new PostgresMetricStore(catalog.pool, { maxSeries: 20 });
    await expect(full.checkSeries()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`project ${subject.mine.projectId} has 20 series`),
    });
    expect(await full.mostSeries()).toBe(20);
    await catalog.pool.query('DELETE FROM series WHERE project_id = $1', [subject.mine.projectId]);
    await expect(full.checkSeries()).resolves.toBeUndefined();
  });
});
