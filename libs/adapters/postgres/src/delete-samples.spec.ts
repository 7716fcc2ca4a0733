import { encodeMetricBatch } from '../../../contracts/src/metric-batch.message';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { toIso } from '../../../core/src/common/time-range';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { PostgresMetricStore } from './postgres-metric-store';
import { partitionedSampleDays } from './sample-days';
import { withTransaction } from './transaction';

const DAY = Date.parse('2026-02-14T00:00:00Z');
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SAMPLES = 24 * 60;
const AT_ONCE = 100;

describe('deleteSamplesBefore', () => {
  let catalog: Catalog;

  beforeAll(async () => {
    catalog = await startCatalog('day partitions');
  });
  afterAll(() => catalog.end());

  it('deletes less at a time where the statement timeout ends it, and all in the end', async () => {
    const scope = await catalog.newScope();
    const store = new PostgresMetricStore(catalog.pool);
    const samples = Array.from({ length: SAMPLES }, (_, minute) => ({
      projectId: scope.projectId,
      metricName: 'latency_ms',
      serviceName: 'api',
      tags: {},
      timestamp: toIso(DAY + minute * MINUTE_MS),
      value: 1,
    }));
    await store.write(scope, encodeMetricBatch(samples));
    // Says what PostgreSQL says on a timeout, by the number of rows instead of the time they take.
    await catalog.pool.query(`
      CREATE FUNCTION too_many() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (SELECT count(*) FROM gone) > ${AT_ONCE} THEN
          RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = '57014';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER too_many AFTER DELETE ON samples
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION too_many()`);
    const portions: number[] = [];
    const deleted = await store.deleteBefore(scope, DAY + (SAMPLES - 1) * MINUTE_MS, (count) => {
      portions.push(count);
      return Promise.resolve(true);
    });
    expect(deleted).toBe(SAMPLES - 1);
    expect(Math.max(...portions)).toBeLessThanOrEqual(AT_ONCE);
    expect(await store.oldest(scope)).toBe(DAY + (SAMPLES - 1) * MINUTE_MS);
  });

  it('goes through all series of a project only for the days in which it has samples', async () => {
    const [mine, theirs] = [await catalog.newScope(), await catalog.newScope()];
    const store = new PostgresMetricStore(catalog.pool);
    const days = Array.from({ length: 8 }, (_, day) => DAY + day * DAY_MS);
    for (const day of days) await store.ensurePartitions(day);
    const samplesOf = (scope: ProjectScope, atMs: readonly number[], pods: number) =>
      encodeMetricBatch(
        Array.from({ length: pods }, (_, pod) => pod).flatMap((pod) =>
          atMs.map((one) => ({
            projectId: scope.projectId,
            metricName: 'latency_ms',
            serviceName: 'api',
            tags: { pod: `${pod}` },
            timestamp: toIso(one),
            value: 1,
          })),
        ),
      );
    const [first = 0] = days;
    // The series of one are between those of the other, as where both begin new ones all the time.
    await store.write(mine, samplesOf(mine, [first], 1));
    await store.write(theirs, samplesOf(theirs, days, 1));
    await store.write(mine, samplesOf(mine, [first], 1200));
    const statements = jest.spyOn(catalog.pool, 'query');
    expect(await store.deleteBefore(mine, DAY + 8 * DAY_MS)).toBe(1200);
    const gone = statements.mock.calls.filter(([text]) =>
      String(text).includes('FROM series WHERE project_id = $3'),
    );
    statements.mockRestore();
    expect(gone).toHaveLength(3);
    expect(await store.oldest(theirs)).toBe(first);
  });

  it('deletes day by day, and waits for nobody who has a later day', async () => {
    const scope = await catalog.newScope();
    const store = new PostgresMetricStore(catalog.pool);
    await store.ensurePartitions(DAY);
    const atMs = [DAY - 400 * DAY_MS, DAY - 1, DAY, DAY + DAY_MS];
    const samples = atMs.map((one) => ({
      projectId: scope.projectId,
      metricName: 'latency_ms',
      serviceName: 'api',
      tags: {},
      timestamp: toIso(one),
      value: 1,
    }));
    await store.write(scope, encodeMetricBatch(samples));
    const [latest] = (await partitionedSampleDays.list(catalog.pool, DAY + 2 * DAY_MS)).slice(-1);
    const portions: number[] = [];
    const deleted = await withTransaction(catalog.pool, async (holder) => {
      await holder.query(`LOCK TABLE ${latest?.table ?? ''} IN ACCESS EXCLUSIVE MODE`);
      return store.deleteBefore(scope, DAY + 2 * DAY_MS, async (count) => {
        portions.push(count);
        if (portions.length === atMs.length - 1) await holder.query('ROLLBACK');
        return true;
      });
    });
    expect(deleted).toBe(atMs.length);
    expect(portions).toEqual(atMs.map(() => 1));
  });
});
