import type { Pool } from 'pg';
import { engineUnavailable } from './engine-error';
import { ROLLUPS } from './timescale-samples';

interface JobRow {
  readonly of: string;
  /** `off`, `waits`, or the SQLSTATE with which it failed; `a crash` where it left none. */
  readonly problem: string;
}

/**
 * Jobs that are switched off, that have waited an hour for a worker, or whose last two runs failed: one that met another transaction succeeds
 * the next time. 24000 is with what every run ends on PostgreSQL 15.20 and 17.12, after its work is done. A job that never ran waits since
 * the migration.
 */
const PROBLEMS = `
  SELECT * FROM (
    SELECT job.hypertable_name AS of, CASE
      WHEN NOT job.scheduled THEN 'off'
      WHEN stats.job_status <> 'Running' AND now() - interval '1 hour' >
        greatest(job.next_start, (SELECT max(applied_at) FROM schema_migrations)) THEN 'waits'
      ELSE (
        SELECT CASE WHEN bool_and(NOT succeeded AND sqlerrcode IS DISTINCT FROM '24000') AND count(*) = 2
          THEN (array_agg(coalesce(sqlerrcode, 'a crash') ORDER BY start_time DESC))[1] END
        FROM (
          SELECT succeeded, sqlerrcode, start_time FROM timescaledb_information.job_history
          WHERE job_id = job.job_id AND start_time > stats.last_successful_finish ORDER BY start_time DESC LIMIT 2
        ) run)
      END AS problem
    FROM timescaledb_information.jobs job JOIN timescaledb_information.job_stats stats USING (job_id)
    WHERE job.hypertable_schema = current_schema() AND job.hypertable_name = ANY($1)
  ) judged
  WHERE problem IS NOT NULL ORDER BY of LIMIT 1`;
const WITH_JOBS = ['samples', ...ROLLUPS.map(({ view }) => view)];
const ADVICE: Readonly<Record<string, string>> = {
  off: 'is switched off: switch it on again (alter_job)',
  waits:
    'does not run: see that max_worker_processes and timescaledb.max_background_workers leave room for it, and that timescaledb_post_restore() was called, where the database was restored',
};

/**
 * Whether TimescaleDB still compresses samples and keeps their rollups up to date, for a database that has a hypertable of them. That it
 * does not answer is for checkSchema to say. Errors: OpsError `unavailable` that says what to do about one of the jobs.
 */
export async function checkSampleJobs(pool: Pool): Promise<void> {
  const answer = await pool.query<JobRow>(PROBLEMS, [WITH_JOBS]).catch(() => undefined);
  const job = answer?.rows[0];
  if (job === undefined) return;
  const what = job.of === 'samples' ? 'that compresses samples' : `that keeps ${job.of} up to date`;
  const advice = ADVICE[job.problem] ?? `fails (${job.problem}): see timescaledb_information.job_errors`;
  throw engineUnavailable(`TimescaleDB's job ${what} ${advice}`);
}
