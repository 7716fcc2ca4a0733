import type { ServiceScore, ServiceScoreLine } from '../../../core/src/anomalies/stored-anomaly';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { instantValue } from './instant-value';
import type { SqlValues } from './sql-values';
import { storableText } from './storable-text';

export interface ScoreRow {
  readonly service_name: string;
  readonly start: Date;
  readonly score: number;
  /** Written from a ServiceScore only. */
  readonly details: ServiceScore;
}

/** One row per service and bucket, the services with the highest score first: the worst score of each bucket. */
export function scoreLinesStatement(
  scope: ProjectScope,
  filter: { readonly range: TimeRange; readonly serviceName?: string },
  bucketSeconds: number,
  limit: number,
  values: SqlValues,
): string {
  const conditions = [
    `project_id = ${values.add(scope.projectId)}`,
    `at >= ${values.add(instantValue(filter.range.fromMs))}`,
    `at < ${values.add(instantValue(filter.range.toMs))}`,
  ];
  if (filter.serviceName !== undefined)
    conditions.push(`service_name = ${values.add(storableText(filter.serviceName))}`);
  return `
    WITH matching AS MATERIALIZED (
      SELECT service_name, at, score, details FROM service_anomaly_scores WHERE ${conditions.join(' AND ')}
    ),
    ranked AS (
      SELECT service_name, max(score) AS highest FROM matching
      GROUP BY service_name ORDER BY highest DESC, service_name LIMIT ${values.add(limit)}
    ),
    placed AS (
      SELECT *, date_bin(${values.add(bucketSeconds)} * interval '1 second', at, 'epoch'::timestamptz) AS start
      FROM matching JOIN ranked USING (service_name)
    ),
    worst AS (
      SELECT DISTINCT ON (service_name, start) * FROM placed ORDER BY service_name, start, score DESC, at
    )
    SELECT service_name, start, score, details FROM worst ORDER BY highest DESC, service_name, start`;
}

/** Rows of one service follow each other. */
export function toScoreLines(rows: readonly ScoreRow[]): readonly ServiceScoreLine[] {
  const byService = new Map<string, ScoreRow[]>();
  for (const row of rows) {
    const own = byService.get(row.service_name);
    if (own === undefined) byService.set(row.service_name, [row]);
    else own.push(row);
  }
  return [...byService].flatMap(([serviceName, own]) => {
    const [first, ...others] = own;
    if (first === undefined) return [];
    const worst = others.reduce((one, other) => (other.score > one.score ? other : one), first);
    const points = own.map(({ start, score }) => ({ atMs: start.getTime(), score }));
    return [{ serviceName, worst: worst.details, points }];
  });
}
