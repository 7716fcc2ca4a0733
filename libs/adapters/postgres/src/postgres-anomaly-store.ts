import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { AnomalyStore } from '../../../core/src/anomalies/anomaly-store.port';
import type { JudgingState } from '../../../core/src/anomalies/judge-series';
import {
  type AnomalyFilter,
  type SeriesJudgement,
  type SeriesProgress,
  type SeriesState,
  seriesKeyText,
  type ServiceScore,
  type ServiceScoreLine,
  type StoredAnomaly,
} from '../../../core/src/anomalies/stored-anomaly';
import type { Page, PageRequest } from '../../../core/src/common/page';
import { type TimeRange, toIso } from '../../../core/src/common/time-range';
import type { SeriesKey, Tags } from '../../../core/src/metrics/sample';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { decodeCursor, toPage } from './cursor';
import { deleteBefore, deletingSome } from './delete-before';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { underParent } from './missing-parent';
import { type ScoreRow, scoreLinesStatement, toScoreLines } from './service-score-lines';
import { SqlValues } from './sql-values';
import { storableJson, storableText } from './storable-text';
import { withTransaction } from './transaction';

interface ProgressRow {
  readonly metric_name: string;
  readonly service_name: string;
  readonly tags: Tags;
  readonly method: string;
  readonly judged_to: Date;
  readonly recent: SeriesProgress['recent'];
}

interface AnomalyRow {
  readonly series_key: string;
  readonly method: string;
  /** Written from a StoredAnomaly only; JSON knows no infinity, which is written as null. */
  readonly anomaly: Omit<StoredAnomaly, 'deviation'> & { readonly deviation: number | null };
}

/** $1 project, $2 the series. A row is taken only where it stands as expected; returns the keys of those that were. */
const SAVE_SERIES = `
  INSERT INTO anomaly_series AS kept
    (project_id, series_key, metric_name, service_name, tags, method, judged_to, last_seen_at, recent, state)
  SELECT $1, series_key, metric_name, service_name, tags, method, judged_to, judged_to, recent, state
  FROM json_to_recordset($2::json) AS given (
    series_key text, metric_name text, service_name text, tags jsonb, method text, judged_to timestamptz,
    recent jsonb, state text, expected_to timestamptz
  )
  WHERE expected_to IS NOT DISTINCT FROM (
    SELECT judged_to FROM anomaly_series WHERE project_id = $1 AND series_key = given.series_key
  )
  ORDER BY series_key
  ON CONFLICT (project_id, series_key) DO UPDATE SET
    method = excluded.method, judged_to = excluded.judged_to, last_seen_at = excluded.last_seen_at,
    recent = excluded.recent, state = excluded.state
  WHERE kept.judged_to = (
    SELECT expected_to FROM json_to_recordset($2::json) AS given (series_key text, expected_to timestamptz)
    WHERE given.series_key = kept.series_key
  )
  RETURNING series_key`;
const SAVE_ANOMALIES = `
  INSERT INTO anomalies (project_id, at, series_key, method, metric_name, service_name, score, anomaly)
  SELECT $1, at, series_key, method, metric_name, service_name, score, anomaly
  FROM json_to_recordset($2::json) AS given (
    at timestamptz, series_key text, method text, metric_name text, service_name text, score double precision,
    anomaly jsonb
  )
  ON CONFLICT DO NOTHING`;
/** In the order of the key, so that two who write the same scores wait for each other instead of locking each other out. */
const SAVE_SCORES = `
  INSERT INTO service_anomaly_scores AS kept (project_id, at, service_name, score, details)
  SELECT $1, at, service_name, score, details
  FROM json_to_recordset($2::json) AS given (
    at timestamptz, service_name text, score double precision, details jsonb
  )
  ORDER BY at, service_name COLLATE "C"
  ON CONFLICT (project_id, at, service_name) DO UPDATE SET score = excluded.score, details = excluded.details
  WHERE kept.details IS DISTINCT FROM excluded.details`;

const DELETE_ANOMALIES = deletingSome('anomalies', 'at');
const DELETE_SCORES = deletingSome('service_anomaly_scores', 'at');
const DELETE_SERIES = deletingSome('anomaly_series', 'last_seen_at');

export class PostgresAnomalyStore extends AnomalyStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async listProgress(scope: ProjectScope, limit: number): Promise<readonly SeriesProgress[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<ProgressRow>(
        `SELECT metric_name, service_name, tags, method, judged_to, recent FROM anomaly_series
         WHERE project_id = $1 ORDER BY last_seen_at DESC, series_key LIMIT $2`,
        [scope.projectId, limit],
      ),
    );
    return rows.map(toProgress);
  }

  override async loadStates(
    scope: ProjectScope,
    series: readonly SeriesKey[],
  ): Promise<readonly SeriesState[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<ProgressRow & { readonly state: string }>(
        'SELECT * FROM anomaly_series WHERE project_id = $1 AND series_key = ANY($2::text[])',
        [scope.projectId, series.map(hashOf)],
      ),
    );
    return rows.map((row) => ({ ...toProgress(row), state: JSON.parse(row.state) as JudgingState }));
  }

  override save(scope: ProjectScope, judgements: readonly SeriesJudgement[]): Promise<number> {
    if (judgements.length === 0) return Promise.resolve(0);
    const keyed = judgements.map((judgement) => ({ judgement, key: hashOf(judgement.after) }));
    return underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      withTransaction(this.pool, async (client) => {
        const series = keyed.map(({ judgement, key }) => toSeriesRow(judgement, key));
        const { rows } = await client.query<{ series_key: string }>(SAVE_SERIES, [
          scope.projectId,
          storableJson(series),
        ]);
        const saved = new Set(rows.map((row) => row.series_key));
        const found = keyed.flatMap(({ judgement, key }) =>
          saved.has(key) ? judgement.anomalies.map((anomaly) => toAnomalyRow(anomaly, key)) : [],
        );
        if (found.length > 0) await client.query(SAVE_ANOMALIES, [scope.projectId, storableJson(found)]);
        return saved.size;
      }),
    );
  }

  override async skipTo(scope: ProjectScope, { fromMs, toMs }: TimeRange): Promise<void> {
    await onEngine(() =>
      this.pool.query(
        `UPDATE anomaly_series SET judged_to = $3, recent = '[]'
         WHERE project_id = $1 AND judged_to >= $2 AND judged_to < $3`,
        [scope.projectId, instantValue(fromMs), instantValue(toMs)],
      ),
    );
  }

  override async saveServiceScores(scope: ProjectScope, scores: readonly ServiceScore[]): Promise<void> {
    if (scores.length === 0) return;
    const rows = scores.map((details) => ({
      at: toIso(details.atMs),
      service_name: details.serviceName,
      score: details.score,
      details,
    }));
    await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      this.pool.query(SAVE_SCORES, [scope.projectId, storableJson(rows)]),
    );
  }

  override async list(
    scope: ProjectScope,
    filter: AnomalyFilter,
    page: PageRequest,
  ): Promise<Page<StoredAnomaly>> {
    const values = new SqlValues();
    const conditions = anomalyConditions(scope, filter, values);
    const filterValues = [...values.list];
    const after = decodeCursor(page.cursor, ['instant', 'text', 'text']);
    const place =
      after === undefined
        ? ''
        : `AND (at, series_key, method) < (${values.add(instantValue(after[0]))}::timestamptz, ${values.add(after[1])}, ${values.add(after[2])})`;
    const [counted, found] = await onEngine(() =>
      Promise.all([
        this.pool.query<{ total: number }>(
          `SELECT count(*) AS total FROM anomalies WHERE ${conditions}`,
          filterValues,
        ),
        this.pool.query<AnomalyRow>(
          `SELECT series_key, method, anomaly FROM anomalies WHERE ${conditions} ${place}
           ORDER BY at DESC, series_key DESC, method DESC LIMIT ${values.add(page.limit + 1)}`,
          values.list,
        ),
      ]),
    );
    return toPage(
      found.rows,
      page,
      counted.rows[0]?.total ?? 0,
      ({ anomaly }) => ({ ...anomaly, deviation: anomaly.deviation ?? Infinity }),
      (row) => [row.anomaly.atMs, row.series_key, row.method],
    );
  }

  override async listServiceScores(
    scope: ProjectScope,
    filter: { readonly range: TimeRange; readonly serviceName?: string },
    bucketSeconds: number,
    limit: number,
  ): Promise<readonly ServiceScoreLine[]> {
    const values = new SqlValues();
    const statement = scoreLinesStatement(scope, filter, bucketSeconds, limit, values);
    const { rows } = await onEngine(() => this.pool.query<ScoreRow>(statement, values.list));
    return toScoreLines(rows);
  }

  override async deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number> {
    await deleteBefore(this.pool, DELETE_SCORES, scope, beforeMs);
    await deleteBefore(this.pool, DELETE_SERIES, scope, beforeMs);
    return deleteBefore(this.pool, DELETE_ANOMALIES, scope, beforeMs);
  }
}

function hashOf(series: SeriesKey): string {
  return createHash('sha256').update(seriesKeyText(series)).digest('hex');
}

function toProgress(row: ProgressRow): SeriesProgress {
  return {
    metricName: row.metric_name,
    serviceName: row.service_name,
    tags: row.tags,
    method: row.method,
    judgedToMs: row.judged_to.getTime(),
    recent: row.recent,
  };
}

function toSeriesRow({ after, expectedToMs }: SeriesJudgement, key: string) {
  return {
    series_key: key,
    metric_name: after.metricName,
    service_name: after.serviceName,
    tags: after.tags,
    method: after.method,
    judged_to: toIso(after.judgedToMs),
    recent: after.recent,
    state: JSON.stringify(after.state),
    expected_to: expectedToMs === undefined ? null : toIso(expectedToMs),
  };
}

function toAnomalyRow(anomaly: StoredAnomaly, key: string) {
  return {
    at: toIso(anomaly.atMs),
    series_key: key,
    method: anomaly.method,
    metric_name: anomaly.metricName,
    service_name: anomaly.serviceName,
    score: anomaly.score,
    anomaly,
  };
}

function anomalyConditions(
  scope: ProjectScope,
  { range, serviceName, metricName, minScore }: AnomalyFilter,
  values: SqlValues,
): string {
  const conditions = [
    `project_id = ${values.add(scope.projectId)}`,
    `at >= ${values.add(instantValue(range.fromMs))}`,
    `at < ${values.add(instantValue(range.toMs))}`,
  ];
  if (serviceName !== undefined) conditions.push(`service_name = ${values.add(storableText(serviceName))}`);
  if (metricName !== undefined) conditions.push(`metric_name = ${values.add(storableText(metricName))}`);
  if (minScore !== undefined) conditions.push(`score >= ${values.add(minScore)}`);
  return conditions.join(' AND ');
}
