import type { Pool } from 'pg';
import { cutToLength } from '../../../core/src/common/clean-text';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import { type FingerprintCount, type LogFilter, MAX_EXAMPLE_CHARS } from '../../../core/src/logs/log-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { isKnownByMinute, minutesAround, splitByMinute } from './counted-records';
import { logConditions, minuteConditions } from './log-conditions';
import { levelOfRank } from './log-record-rows';
import { SqlValues } from './sql-values';

interface FingerprintRow {
  readonly fingerprint: string;
  readonly service_name: string;
  readonly level: number;
  readonly count: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly example_id: string;
  readonly example: string;
}

/** Of more than these, reading all records of the range and passing over those that are known costs no more. */
const UNKNOWN_MAX = 10_000;

/**
 * Counts per fingerprint and service, the largest first, without the known ones: by the counts of whole minutes, and by records where
 * these do not know what is asked for. The level is the most severe one, the example the newest record.
 */
export async function countFingerprints(
  pool: Pool,
  scope: ProjectScope,
  filter: LogFilter,
  limit: number,
  known: readonly Fingerprint[],
): Promise<readonly FingerprintCount[]> {
  if (isKnownByMinute(filter) || known.length === 0)
    return largestGroups(pool, scope, filter, limit, { sql: '<> ALL', fingerprints: known });
  // Mostly there are none: then no records are read.
  const unknown = await unknownFingerprints(pool, scope, filter, known);
  if (unknown.length === 0) return [];
  return largestGroups(
    pool,
    scope,
    filter,
    limit,
    unknown.length > UNKNOWN_MAX
      ? { sql: '<> ALL', fingerprints: known }
      : { sql: '= ANY', fingerprints: unknown },
  );
}

/** Of all records in the minutes of the range, whatever else the filter asks for: one more than UNKNOWN_MAX at most. */
async function unknownFingerprints(
  pool: Pool,
  scope: ProjectScope,
  filter: LogFilter,
  known: readonly Fingerprint[],
): Promise<readonly string[]> {
  const values = new SqlValues();
  const { rows } = await pool.query<{ fingerprint: string }>(
    `SELECT DISTINCT fingerprint FROM log_fingerprint_counts
     WHERE ${minuteConditions(scope, { ...filter, range: minutesAround(filter.range) }, values)}
       AND fingerprint <> ALL(${values.add(known)}::text[])
     LIMIT ${values.add(UNKNOWN_MAX + 1)}`,
    values.list,
  );
  return rows.map(({ fingerprint }) => fingerprint);
}

async function largestGroups(
  pool: Pool,
  scope: ProjectScope,
  filter: LogFilter,
  limit: number,
  chosen: { readonly sql: '<> ALL' | '= ANY'; readonly fingerprints: readonly string[] },
): Promise<readonly FingerprintCount[]> {
  const values = new SqlValues();
  const condition =
    chosen.fingerprints.length === 0
      ? ''
      : `AND fingerprint ${chosen.sql}(${values.add(chosen.fingerprints)}::text[])`;
  const { minutes, rest } = isKnownByMinute(filter)
    ? splitByMinute(filter.range)
    : { minutes: [], rest: [filter.range] };
  const sources = [
    ...minutes.map(
      (
        range,
      ) => `SELECT fingerprint, service_name, level, count, first_at, last_at, last_id FROM log_fingerprint_counts
        WHERE ${minuteConditions(scope, { ...filter, range }, values)} ${condition}`,
    ),
    ...rest.map(
      (range) => `SELECT fingerprint, service_name, max(level) AS level, count(*) AS count,
          min(timestamp) AS first_at, max(timestamp) AS last_at, max(id) AS last_id
        FROM log_records WHERE ${logConditions(scope, { ...filter, range }, values)} ${condition}
        GROUP BY fingerprint, service_name`,
    ),
  ];
  const { rows } = await pool.query<FingerprintRow>(
    `WITH counted AS (
       SELECT fingerprint, service_name, max(level) AS level, sum(count)::bigint AS count,
         min(first_at) AS first_at, max(last_at) AS last_at, max(last_id) AS example_id
       FROM (${sources.join(' UNION ALL ')}) AS part
       GROUP BY fingerprint, service_name
       ORDER BY count DESC, fingerprint, service_name LIMIT ${values.add(limit)}
     )
     SELECT counted.*, left(example.message, ${MAX_EXAMPLE_CHARS}) AS example
     FROM counted CROSS JOIN LATERAL (
       SELECT message FROM log_records
       WHERE project_id = ${values.add(scope.projectId)} AND timestamp = counted.last_at AND id = counted.example_id
       OFFSET 0
     ) AS example
     ORDER BY count DESC, fingerprint, service_name`,
    values.list,
  );
  return rows.map(toFingerprintCount);
}

function toFingerprintCount(row: FingerprintRow): FingerprintCount {
  return {
    fingerprint: asId<Fingerprint>(row.fingerprint),
    serviceName: row.service_name,
    level: levelOfRank(row.level),
    count: row.count,
    firstAtMs: row.first_at.getTime(),
    lastAtMs: row.last_at.getTime(),
    // PostgreSQL counts characters, of which one may be two of ours.
    example: cutToLength(row.example, MAX_EXAMPLE_CHARS),
    exampleId: row.example_id,
  };
}
