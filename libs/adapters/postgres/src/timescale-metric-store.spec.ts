import fc from 'fast-check';
import { Client, type Pool } from 'pg';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { metricStoreConformance } from '../../../conformance/src/metric-store.conformance';
import { encodeMetricBatch } from '../../../contracts/src/metric-batch.message';
import { toIso } from '../../../core/src/common/time-range';
import type { EncodedBatch } from '../../../core/src/ingest/write-outcome';
import type { MetricQuery } from '../../../core/src/metrics/metric-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { isTrue } from './is-true';
import { createPool } from './pool';
import { PostgresMetricStore, type PostgresMetricStoreOptions } from './postgres-metric-store';
import { hypertableSampleDays } from './sample-days';
import { chooseRollup, isBehind } from './sample-rollups';
import { layOutSamples, ROLLUPS } from './timescale-samples';
import { withTransaction } from './transaction';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const HOUR_MS = 3_600_000;
const JOBS_ARE_OVER = `
  SELECT NOT EXISTS (
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% Policy [%'
  ) AS are_over`;
/** Before 2.29, TimescaleDB locks all chunks for each DELETE. */
const LOCKS_ONE_CHUNK = `
  SELECT string_to_array(substring(extversion FROM '^[0-9.]+'), '.')::integer[] >= '{2,29}' AS locks_one
  FROM pg_extension WHERE extname = 'timescaledb'`;

async function openStore(serverUrl: string) {
  const database = await createTestDatabase(serverUrl);
  await runMigrations(database.url);
  const pool = createPool({
    url: database.url,
    size: 4,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
  });
  // Its own jobs would come between: a refresh is refused while another one is under way.
  await pool.query('SELECT _timescaledb_functions.stop_background_workers()');
  await waitFor('the end of its jobs', async () => (await isTrue(pool, JOBS_ARE_OVER)) || undefined);
  const end = async () => {
    await pool.end();
    await database.drop('WITH (FORCE)');
  };
  const bounded = (maxSeries: number) => new PostgresMetricStore(pool, { maxSeries });
  return { pool, store: new PostgresMetricStore(pool), bounded, end };
}

/** What TimescaleDB's own jobs do every now and then. At once: from 2.28 on, steps of ten buckets are the default here too. */
async function materialise(pool: Pool): Promise<void> {
  for (const { view } of ROLLUPS)
    await pool.query(
      `CALL refresh_continuous_aggregate('${view}', NULL, $1::timestamptz, options => '{"buckets_per_batch": 0}')`,
      [toIso(NOON + 48 * HOUR_MS)],
    );
}

/** So that every answer of the conformance suite is one from rollups, where a rollup may give it. */
class MaterialisingStore extends PostgresMetricStore {
  constructor(
    private readonly connections: Pool,
    options?: PostgresMetricStoreOptions,
  ) {
    super(connections, options);
  }

  override async write(scope: ProjectScope, batch: EncodedBatch) {
    const outcome = await super.write(scope, batch);
    await this.settle();
    return outcome;
  }

  /** One at a time: TimescaleDB refuses a refresh while another one of the view is under way. */
  private settle(): Promise<void> {
    MaterialisingStore.last = MaterialisingStore.last.then(() => materialise(this.connections));
    return MaterialisingStore.last;
  }
  private static last = Promise.resolve();
}

describeWithEngine('timescaledb', 'PostgresMetricStore on TimescaleDB', (serverUrl) => {
  metricStoreConformance('TimescaleDB, nothing materialised', () => openStore(serverUrl));
  metricStoreConformance('TimescaleDB, everything materialised', async () => {
    const { pool, end } = await openStore(serverUrl);
    const bounded = (maxSeries: number) => new MaterialisingStore(pool, { maxSeries });
    return { store: new MaterialisingStore(pool), bounded, end };
  });

  describe('rollups', () => {
    let engine: Awaited<ReturnType<typeof openStore>>;
    let plain: PostgresMetricStore;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await openStore(serverUrl);
      // The same tables and rows, read without rollups.
      plain = new (class extends PostgresMetricStore {
        protected override async usableRollup() {
          return undefined;
        }
      })(engine.pool);
    });
    beforeEach(() => {
      mine = newScope();
    });
    afterAll(() => engine.end());

    const write = (samples: readonly { at: number; value: number; host?: string }[]) =>
      engine.store.write(
        mine,
        encodeMetricBatch(
          samples.map(({ at, value, host }) => ({
            projectId: mine.projectId,
            metricName: 'm',
            serviceName: 's',
            tags: host === undefined ? {} : { host },
            timestamp: toIso(NOON + at),
            value,
          })),
        ),
      );
    const query = (more: Partial<MetricQuery> = {}): MetricQuery => ({
      metricName: 'm',
      range: { fromMs: NOON, toMs: NOON + HOUR_MS },
      bucketSeconds: 60,
      aggregation: 'sum',
      groupBy: 'all',
      limit: 100,
      ...more,
    });
    const totals = async () => (await engine.store.query(mine, query())).lines[0]?.points.map((p) => p.value);
    const isUsable = async () => {
      const rollup = chooseRollup(query());
      return rollup !== undefined && !(await isBehind(engine.pool, rollup));
    };

    it('count late samples at once, before and after they are materialised, and forget deleted ones', async () => {
      await write([{ at: 0, value: 1 }]);
      expect(await totals()).toEqual([1]);
      await materialise(engine.pool);
      expect(await isUsable()).toBe(true);
      expect(await totals()).toEqual([1]);
      await write([{ at: 30_000, value: 2 }]);
      expect(await isUsable()).toBe(false);
      expect(await totals()).toEqual([3]);
      await materialise(engine.pool);
      expect(await isUsable()).toBe(true);
      expect(await totals()).toEqual([3]);
      await engine.store.deleteBefore(mine, NOON + 10_000);
      expect(await totals()).toEqual([2]);
      await materialise(engine.pool);
      expect(await totals()).toEqual([2]);
    });

    it('answer as the samples do, whatever was materialised when', async () => {
      const sample = fc.record({
        at: fc.integer({ min: -HOUR_MS, max: 30 * HOUR_MS }),
        value: fc.integer({ min: -1000, max: 1000 }),
        host: fc.constantFrom('a', 'b', 'c'),
      });
      const batches = fc.array(fc.tuple(fc.array(sample, { maxLength: 40 }), fc.boolean()), {
        maxLength: 4,
      });
      const asked = fc.record({
        aggregation: fc.constantFrom('avg', 'sum', 'min', 'max', 'count', 'last', 'p90'),
        groupBy: fc.constantFrom('series', 'service', 'all'),
        bucketSeconds: fc.constantFrom(30, 60, 300, 3600, 5400, 86_400),
        limit: fc.constantFrom(2, 100),
        range: fc
          .tuple(
            fc.integer({ min: -2 * HOUR_MS, max: 20 * HOUR_MS }),
            fc.integer({ min: 1, max: 30 * HOUR_MS }),
          )
          .map(([from, length]) => ({ fromMs: NOON + from, toMs: NOON + from + length })),
      });
      await fc.assert(
        fc.asyncProperty(
          batches,
          fc.array(asked, { minLength: 5, maxLength: 5 }),
          async (given, questions) => {
            mine = newScope();
            for (const [samples, isMaterialised] of given) {
              await write(samples);
              if (isMaterialised) await materialise(engine.pool);
            }
            for (const question of questions) {
              const answer = await engine.store.query(mine, query(question as Partial<MetricQuery>));
              const expected = await plain.query(mine, query(question as Partial<MetricQuery>));
              expect(rounded(answer)).toEqual(rounded(expected));
            }
          },
        ),
        { numRuns: 25 },
      );
    });

    it('catch up with a sample of long ago in the time that a statement has', async () => {
      const days = Array.from({ length: 90 }, (_, day) => ({ at: -day * 24 * HOUR_MS, value: 1 }));
      await write([...days, { at: 5000 - NOON, value: 2 }]);
      const { rows: jobs } = await engine.pool.query<{ job_id: number }>(
        `SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%'`,
      );
      expect(jobs).toHaveLength(ROLLUPS.length);
      for (const { job_id: job } of jobs) await engine.pool.query(`CALL run_job(${job})`);
      expect(await isUsable()).toBe(true);
      expect(await totals()).toEqual([1]);
    });

    it('are told of samples of very many days, which are written a hundred days at a time', async () => {
      await write(Array.from({ length: 250 }, (_, day) => ({ at: -day * 24 * HOUR_MS, value: 1 })));
      const { rows } = await engine.pool.query<{ days: number }>(
        `SELECT count(*) AS days FROM samples JOIN series ON series.id = series_id WHERE project_id = $1
         GROUP BY samples.xmin ORDER BY min(timestamp)`,
        [mine.projectId],
      );
      expect(rows.map(({ days }) => days)).toEqual([100, 100, 50]);
      expect(await isUsable()).toBe(false);
      expect(await totals()).toEqual([1]);
    });

    it('lose no sample when chunks are compressed, and take late and repeated ones then', async () => {
      await write([{ at: 0, value: 1 }]);
      await engine.pool.query(`SELECT compress_chunk(chunk, true) FROM show_chunks('samples') AS chunk`);
      expect(await write([{ at: 0, value: 9 }])).toMatchObject({ written: 0, duplicates: 1 });
      expect(await write([{ at: 1000, value: 2 }])).toMatchObject({ written: 1, duplicates: 0 });
      expect(await totals()).toEqual([3]);
    });
  });

  describe('deleting by age', () => {
    let engine: Awaited<ReturnType<typeof openStore>>;
    let mine: ProjectScope;
    let theirs: ProjectScope;
    const DAY_MS = 24 * HOUR_MS;
    const PER_DAY = 3000;

    beforeAll(async () => {
      engine = await openStore(serverUrl);
    });
    beforeEach(async () => {
      await engine.pool.query('TRUNCATE samples');
      await materialise(engine.pool);
      mine = newScope();
      theirs = newScope();
      for (const scope of [mine, theirs]) for (const day of [0, 1, 2]) await fill(scope, day);
      await materialise(engine.pool);
    });
    afterAll(() => engine.end());

    const startOf = (day: number) => NOON - 12 * HOUR_MS - (2 - day) * DAY_MS;
    const fill = (scope: ProjectScope, day: number) =>
      engine.store.write(
        scope,
        encodeMetricBatch(
          Array.from({ length: PER_DAY }, (_, index) => ({
            projectId: scope.projectId,
            metricName: 'm',
            serviceName: 's',
            tags: { host: `${index % 3}` },
            timestamp: toIso(startOf(day) + index * 20_000),
            value: 1,
          })),
        ),
      );
    const counts = async (scope: ProjectScope, bucketSeconds = 86_400) => {
      const { lines } = await engine.store.query(scope, {
        metricName: 'm',
        range: { fromMs: startOf(-1), toMs: startOf(4) },
        bucketSeconds,
        aggregation: 'count',
        groupBy: 'all',
        limit: 100,
      });
      return lines[0]?.points.map(({ value }) => value) ?? [];
    };
    const rolledUp = async () => {
      const { rows } = await engine.pool.query<{ total: number }>(
        'SELECT coalesce(sum(sample_count), 0)::bigint AS total FROM samples_by_minute',
      );
      return rows[0]?.total;
    };
    /** Rows that lie uncompressed in the chunks of the first two days. */
    const openRows = async ({ projectId }: ProjectScope) => {
      const chunks = await engine.pool.query<{ chunk: string }>(
        `SELECT show_chunks('samples', older_than => $1::timestamptz)::text AS chunk`,
        [toIso(startOf(2))],
      );
      let open = 0;
      for (const { chunk } of chunks.rows) {
        const { rows } = await engine.pool.query<{ count: number }>(
          `SELECT count(*) AS count FROM ONLY ${chunk} JOIN series ON series.id = series_id WHERE project_id = $1`,
          [projectId],
        );
        open += rows[0]?.count ?? 0;
      }
      return open;
    };
    const compress = () =>
      engine.pool.query(`SELECT compress_chunk(chunk, true) FROM show_chunks('samples') AS chunk`);

    it('deletes from compressed chunks without opening the rows of others', async () => {
      expect(await openRows(theirs)).toBe(2 * PER_DAY);
      await compress();
      const deleted = await engine.store.deleteBefore(mine, startOf(1) + HOUR_MS);
      expect(deleted).toBe(PER_DAY + 180);
      expect(await counts(mine)).toEqual([PER_DAY - 180, PER_DAY]);
      expect(await counts(theirs)).toEqual([PER_DAY, PER_DAY, PER_DAY]);
      expect(await openRows(theirs)).toBe(0);
      await materialise(engine.pool);
      expect(await counts(mine)).toEqual([PER_DAY - 180, PER_DAY]);
    });

    it.each([
      ['open', false],
      ['compressed', true],
    ])(
      'deletes from %s chunks one by one, and from 2.29 on waits for nobody who has a later one',
      async (_case, is) => {
        if (is) await compress();
        const [latest] = (await hypertableSampleDays.list(engine.pool, startOf(3))).slice(-1);
        const mayHoldLatest = await isTrue(engine.pool, LOCKS_ONE_CHUNK);
        const portions: number[] = [];
        await withTransaction(engine.pool, async (holder) => {
          if (mayHoldLatest) await holder.query(`LOCK TABLE ${latest?.table ?? ''} IN ACCESS EXCLUSIVE MODE`);
          await engine.store.deleteBefore(mine, startOf(3), async (count) => {
            portions.push(count);
            if (portions.length === 2) await holder.query('ROLLBACK');
            return true;
          });
        });
        expect(portions).toEqual([PER_DAY, PER_DAY, PER_DAY]);
        expect(await counts(theirs)).toEqual([PER_DAY, PER_DAY, PER_DAY]);
      },
    );

    it.each([
      ['open', false],
      ['compressed', true],
    ])('drops %s chunks, and the rollups forget what they had of them', async (_case, isCompressed) => {
      if (isCompressed) await compress();
      const limits = new Map([mine, theirs].map(({ projectId }) => [projectId, startOf(2)]));
      const dropped = await engine.store.dropDays(() => Promise.resolve(limits));
      expect(dropped.map(({ endMs }) => endMs)).toEqual([startOf(1), startOf(2)]);
      const hours = [...Array.from({ length: 16 }, () => 180), PER_DAY - 16 * 180];
      for (let round = 0; round < 2; round++) {
        for (const scope of [mine, theirs]) {
          expect(await counts(scope)).toEqual([PER_DAY]);
          expect(await counts(scope, 3600)).toEqual(hours);
        }
        await materialise(engine.pool);
      }
      expect(await rolledUp()).toBe(2 * PER_DAY);
      expect(await fill(mine, 0)).toEqual({ written: PER_DAY, duplicates: 0, rejected: [] });
      expect(await counts(mine)).toEqual([PER_DAY, PER_DAY]);
    });
  });

  describe('jobs', () => {
    let engine: Awaited<ReturnType<typeof openStore>>;
    let jobs: ReadonlyMap<string, number>;

    beforeEach(async () => {
      engine = await openStore(serverUrl);
      const { rows } = await engine.pool.query<{ of: string; job_id: number }>(
        `SELECT hypertable_name AS of, job_id FROM timescaledb_information.jobs
         WHERE hypertable_schema = current_schema()`,
      );
      jobs = new Map(rows.map((row) => [row.of, row.job_id]));
    });
    afterEach(() => engine.end());

    const alter = (of: string, change: string) =>
      engine.pool.query(`SELECT alter_job(${jobs.get(of)}, ${change})`);
    const health = () =>
      engine.store.checkJobs().then(
        () => 'up',
        (error: Error) => error.message,
      );
    /** Waits for a run more. One that was under way sets when the next one begins, so that this is asked for again. */
    const run = async (of: string) => {
      const stats = async () => {
        const { rows } = await engine.pool.query<{ runs: number; is_running: boolean; waits: boolean }>(
          `SELECT coalesce(total_runs, 0) AS runs, job_status = 'Running' AS is_running, next_start > now() AS waits
           FROM timescaledb_information.job_stats WHERE job_id = $1`,
          [jobs.get(of)],
        );
        return rows[0] ?? { runs: 0, is_running: false, waits: false };
      };
      const before = await stats();
      await waitFor(`a run of the job of ${of}`, async () => {
        const { runs, is_running: isRunning, waits } = await stats();
        if (isRunning) return undefined;
        if (runs > before.runs) return true;
        if (waits) await alter(of, 'next_start => now()');
        return undefined;
      });
    };

    it('that just wait for their time, or run and end, are nothing to report', async () => {
      expect([...jobs.keys()].sort()).toEqual(['samples', 'samples_by_hour', 'samples_by_minute']);
      expect(await health()).toBe('up');
      await engine.pool.query('SELECT _timescaledb_functions.start_background_workers()');
      for (let runs = 0; runs < 2; runs++) await run('samples_by_minute');
      expect(await health()).toBe('up');
    });

    it('that are switched off are reported, until they are on again', async () => {
      await alter('samples_by_hour', 'scheduled => false');
      expect(await health()).toMatch(
        /job that keeps samples_by_hour up to date is switched off: .*alter_job/,
      );
      await alter('samples_by_hour', 'scheduled => true');
      expect(await health()).toBe('up');
    });

    it('that nobody runs are reported, also where they never ran', async () => {
      await engine.pool.query('DELETE FROM _timescaledb_internal.bgw_job_stat');
      expect(await health()).toBe('up');
      await engine.pool.query(`UPDATE schema_migrations SET applied_at = now() - interval '2 hours'`);
      expect(await health()).toMatch(/job that .* does not run: .*max_background_workers.*post_restore/);
      for (const of of jobs.keys()) await alter(of, `next_start => now() + interval '1 minute'`);
      expect(await health()).toBe('up');
      await alter('samples', `next_start => now() - interval '2 hours'`);
      expect(await health()).toMatch(/job that compresses samples does not run/);
    });

    it('that fail again and again are reported with the state of their error', async () => {
      // A sum that no double holds: the contracts let no such samples in.
      await engine.pool.query(
        `INSERT INTO samples SELECT 1, '2026-03-10T12:00:00Z'::timestamptz + second * interval '1 second', 1.7e308
         FROM generate_series(1, 2) AS second`,
      );
      await engine.pool.query('SELECT _timescaledb_functions.start_background_workers()');
      // To 2.26, what fails in a refresh is an internal error.
      const report = /job that keeps samples_by_minute up to date fails \((22003|XX000)\): .*job_errors/;
      // Asking for a run in the moment that another one ends may be what fails instead.
      await waitFor('a report of the failure', async () => {
        await run('samples_by_minute');
        return report.test(await health()) ? true : undefined;
      });
    });
  });

  it('leaves samples in their partitions where there are some, whoever reads them, and makes a hypertable where there are none', async () => {
    const database = await createTestDatabase(serverUrl);
    const client = new Client({ connectionString: database.url, statement_timeout: 20_000 });
    const reader = new Client({ connectionString: database.url });
    await Promise.all([client.connect(), reader.connect()]);
    try {
      await client.query(`
        CREATE TABLE samples (series_id bigint, timestamp timestamptz, value float8) PARTITION BY RANGE (timestamp);
        CREATE TABLE samples_default PARTITION OF samples DEFAULT;
        CREATE VIEW metrics AS SELECT timestamp, value FROM samples;
        INSERT INTO samples VALUES (1, now(), 1)`);
      await reader.query('BEGIN; SELECT FROM samples');
      expect(await layOutSamples(client)).toBe('day partitions with samples');
      await reader.query('COMMIT');
      await client.query('TRUNCATE samples');
      expect(await layOutSamples(client)).toBe('hypertable');
      expect(await layOutSamples(client)).toBe('hypertable');
      expect((await client.query('SELECT * FROM metrics')).rows).toEqual([]);
    } finally {
      await Promise.all([client.end(), reader.end()]);
      await database.drop('WITH (FORCE)');
    }
  });
});

/** Sums of doubles differ in their last digits with the order in which they are added. */
function rounded(answer: {
  readonly lines: readonly { readonly points: readonly { readonly value: number }[] }[];
}) {
  return {
    ...answer,
    lines: answer.lines.map((line) => ({
      ...line,
      points: line.points.map((point) => ({ ...point, value: Math.round(point.value * 1e6) / 1e6 })),
    })),
  };
}
