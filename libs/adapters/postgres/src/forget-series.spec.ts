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
