import fc from 'fast-check';
import { once } from 'node:events';
import type { Pool } from 'pg';
import { newScope } from '../../../../test/support/new-scope';
import { createTestDatabase } from '../../../../test/support/test-database';
import { encodeMetricBatch } from '../../../contracts/src/metric-batch.message';
import { OpsError } from '../../../core/src/common/errors';
import { toIso } from '../../../core/src/common/time-range';
import type { WriteOutcome } from '../../../core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { PostgresMetricStore } from './postgres-metric-store';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const RANGE = { fromMs: NOON, toMs: NOON + 3_600_000 };
const POOL_SIZE = 2;

/** Writes metrics of these names through one of two workers; or puts the catalog back to where it was so many writes ago. */
type Step =
  | { readonly isOther: boolean; readonly project: number; readonly names: readonly string[] }
  | { readonly writesBack: number; readonly endsConnections: boolean };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      isOther: fc.boolean(),
      project: fc.nat(1),
      names: fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ writesBack: fc.nat(3), endsConnections: fc.boolean() }) },
);

describe('a catalog that is put back to an earlier state while workers write', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let operator: Pool;
  let pools: readonly Pool[];
  let reader: PostgresMetricStore;
  let one: PostgresMetricStore;
  let other: PostgresMetricStore;
  let at = 0;

  const newPool = (size = POOL_SIZE) =>
    createPool({ url: database.url, size, statementTimeoutMs: 20_000, applicationName: 'test' });

  beforeAll(async () => {
    database = await createTestDatabase();
    await runMigrations(database.url);
    operator = newPool();
    const [first, second] = [newPool(), newPool()];
    pools = [operator, first, second];
    reader = new PostgresMetricStore(operator);
    one = new PostgresMetricStore(first);
    other = new PostgresMetricStore(second);
  });
  beforeEach(() => operator.query('TRUNCATE series, samples RESTART IDENTITY'));
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  const write = async (
    worker: PostgresMetricStore,
    scope: ProjectScope,
    names: readonly string[],
    value: number,
  ): Promise<WriteOutcome> => {
    const { projectId } = scope;
    const timestamp = toIso(NOON + 1000 * at++);
    const batch = encodeMetricBatch(
      names.map((metricName) => ({ projectId, metricName, serviceName: '', tags: {}, timestamp, value })),
    );
    // As the queue does: what a lost connection kept from being written comes again.
    for (let attempt = 0; ; attempt++) {
      try {
        return await worker.write(scope, batch);
      } catch (error) {
        if (!(error instanceof OpsError && error.kind === 'unavailable') || attempt === 2 * POOL_SIZE)
          throw error;
      }
    }
  };

  const valuesOf = async (scope: ProjectScope, metricName: string): Promise<readonly number[]> => {
    const query = { metricName, range: RANGE, bucketSeconds: 1, limit: 10 };
    const { lines } = await reader.query(scope, { ...query, aggregation: 'sum', groupBy: 'series' });
    return lines.flatMap(({ points }) => points.map(({ value }) => value));
  };

  const lastId = async (): Promise<number> => {
    const { rows } = await operator.query<{ last: number }>(
      'SELECT coalesce(max(id), 0) AS last FROM series',
    );
    return rows[0]?.last ?? 0;
  };

  const putBack = async (toId: number, endsConnections: boolean): Promise<void> => {
    await operator.query('DELETE FROM series WHERE id > $1', [toId]);
    await operator.query('DELETE FROM samples WHERE series_id > $1', [toId]);
    await operator.query(`SELECT setval(pg_get_serial_sequence('series', 'id'), $1, false)`, [toId + 1]);
    if (endsConnections) await endAllConnections();
  };

  const endAllConnections = () =>
    operator.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );

  it.each([
    ['all connections ended', true],
    ['all connections kept, as a pooler between does', false],
  ])('gives no sample to a series that got the id of its own: %s', async (_, endsConnections) => {
    const scope = newScope();
    await write(one, scope, ['fo_a'], 1);
    await putBack(0, endsConnections);
    await write(one, scope, ['fo_a'], 2);
    await write(one, scope, ['fo_b'], 10);
    await write(one, scope, ['fo_a'], 3);
    expect([await valuesOf(scope, 'fo_a'), await valuesOf(scope, 'fo_b')]).toEqual([[2, 3], [10]]);
  });

  it('gives none to another project either, where another worker has used the ids meanwhile and more', async () => {
    const [mine, theirs] = [newScope(), newScope()];
    await write(one, mine, ['fo_a'], 1);
    await putBack(0, false);
    await write(other, theirs, ['x', 'y', 'z'], 10);
    // Finds a higher id than it remembers, of the state that came after.
    await write(one, mine, ['fo_b'], 2);
    await write(one, mine, ['fo_a'], 3);
    expect([await valuesOf(mine, 'fo_a'), await valuesOf(mine, 'fo_b')]).toEqual([[3], [2]]);
    expect(await valuesOf(theirs, 'x')).toEqual([10]);
  });

  it('gives none away where samples that are there already are written with care', async () => {
    const scope = newScope();
    await write(one, scope, ['fo_a', 'fo_a'], 1);
    at--;
    await write(one, scope, ['fo_a'], 1);
    await putBack(0, false);
    await write(other, scope, ['fo_b'], 10);
    expect(await write(one, scope, ['fo_a'], 2)).toEqual({ written: 1, duplicates: 0, rejected: [] });
    expect([await valuesOf(scope, 'fo_a'), await valuesOf(scope, 'fo_b')]).toEqual([[2], [10]]);
  });

  it('remembers nothing beyond a lost connection, not even what its newest series seems to vouch for', async () => {
    const pool = newPool(1);
    const worker = new PostgresMetricStore(pool);
    const scope = newScope();
    await write(worker, scope, ['fo_a'], 1);
    await write(worker, scope, ['fo_b'], 10);
    // Of two that were added at the same time, the one with the lower id may have been the later to be committed.
    await operator.query(`DELETE FROM series WHERE metric_name = 'fo_a'`);
    const broken = once(pool, 'error');
    await endAllConnections();
    await broken;
    await write(worker, scope, ['fo_a'], 2);
    expect(await valuesOf(scope, 'fo_a')).toEqual([2]);
    await pool.end();
  });

  it('answers each series with what was written to it since, whoever writes and however often it is put back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 3, maxLength: 12 }), async (steps) => {
        const projects = [newScope(), newScope()];
        const before = [await lastId()];
        let expected: { id: number; scope: ProjectScope; name: string; value: number }[] = [];
        for (const step of steps) {
          if ('writesBack' in step) {
            const toId = before.at(-1 - step.writesBack) ?? before[0] ?? 0;
            await putBack(toId, step.endsConnections);
            expected = expected.filter(({ id }) => id <= toId);
            continue;
          }
          const scope = projects[step.project] ?? newScope();
          before.push(await lastId());
          const value = at + 1;
          await write(step.isOther ? other : one, scope, step.names, value);
          const { rows } = await operator.query<{ id: number; name: string }>(
            'SELECT id, metric_name AS name FROM series WHERE project_id = $1 AND metric_name = ANY($2)',
            [scope.projectId, step.names],
          );
          expect(rows.length).toBe(step.names.length);
          expected.push(...rows.map((row) => ({ ...row, scope, value })));
        }
        for (const scope of projects)
          for (const name of ['a', 'b', 'c', 'd']) {
            const own = expected.filter((sample) => sample.scope === scope && sample.name === name);
            expect(await valuesOf(scope, name)).toEqual(own.map(({ value }) => value));
          }
      }),
      { numRuns: 40 },
    );
  });
});
