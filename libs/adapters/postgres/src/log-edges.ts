import type { TimeRange } from '../../../core/src/common/time-range';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type {
  MinuteServiceEdge,
  ServiceEdgeKind,
  ServiceEdgeLimits,
} from '../../../core/src/services/service-edge';
import { instantValue } from './instant-value';

export interface LogEdgeRow {
  readonly minute: Date;
  readonly caller: string;
  readonly callee: string;
  readonly kind: ServiceEdgeKind;
  readonly count: number;
}

/** How far from a minute the rest of its traces is looked for. */
const REACH = `interval '2 minutes'`;
const MINUTE = `interval '1 minute'`;

/**
 * $1 project, $2 and $3 whole minutes from and to, $4 records and $5 traces per minute, $6 records per trace, $7 edges per
 * minute. Each minute is derived by itself from the records around it, so its edges do not depend on which others are derived
 * along with it. A call belongs to the minute of its first record. Ids begin with their record's time to the nanosecond.
 */
export const COUNT_EDGES = `
  WITH traces AS MATERIALIZED (
    SELECT minute, trace_id
    FROM generate_series($2::timestamptz, $3::timestamptz - ${MINUTE}, ${MINUTE}) AS minute
    CROSS JOIN LATERAL (
      SELECT trace_id FROM (
        SELECT trace_id FROM log_records
        WHERE project_id = $1 AND timestamp >= minute AND timestamp < minute + ${MINUTE}
        ORDER BY timestamp, id LIMIT $4
      ) AS first_records
      WHERE trace_id IS NOT NULL GROUP BY trace_id ORDER BY md5(trace_id) LIMIT $5
    ) AS sampled
  ), records AS MATERIALIZED (
    SELECT minute, trace_id, record.*
    FROM traces CROSS JOIN LATERAL (
      SELECT id, timestamp, service_name, span_id, context ->> 'parent_span_id' AS parent_span_id
      FROM log_records
      WHERE project_id = $1 AND log_records.trace_id = traces.trace_id
        AND timestamp >= minute - ${REACH} AND timestamp < minute + ${MINUTE} + ${REACH}
      ORDER BY timestamp, id LIMIT $6
    ) AS record
  ), spans AS (
    SELECT DISTINCT ON (minute, trace_id, span_id) minute, trace_id, span_id, service_name
    FROM records WHERE span_id IS NOT NULL
    ORDER BY minute, trace_id, span_id, id
  ), children AS (
    SELECT DISTINCT ON (minute, trace_id, span_id, service_name)
      minute, trace_id, parent_span_id, service_name, timestamp
    FROM records WHERE span_id IS NOT NULL AND parent_span_id IS NOT NULL
    ORDER BY minute, trace_id, span_id, service_name, id
  ), unlinked AS (
    SELECT minute, trace_id FROM records GROUP BY minute, trace_id HAVING count(parent_span_id) = 0
  ), visits AS (
    SELECT minute, service_name AS callee, min(timestamp) AS timestamp,
      lag(service_name) OVER (PARTITION BY minute, trace_id ORDER BY min(id)) AS caller
    FROM records JOIN unlinked USING (minute, trace_id)
    GROUP BY minute, trace_id, service_name
  ), calls AS (
    SELECT minute, parent.service_name AS caller, child.service_name AS callee, 'parent_span' AS kind
    FROM children AS child JOIN spans AS parent USING (minute, trace_id)
    WHERE parent.span_id = child.parent_span_id AND parent.service_name <> child.service_name
      AND timestamp >= minute AND timestamp < minute + ${MINUTE}
    UNION ALL
    SELECT minute, caller, callee, 'shared_trace' FROM visits
    WHERE caller IS NOT NULL AND timestamp >= minute AND timestamp < minute + ${MINUTE}
  ), counted AS (
    SELECT minute, caller, callee, kind, count(*) AS count,
      row_number() OVER (PARTITION BY minute ORDER BY count(*) DESC, caller, callee, kind) AS place
    FROM calls GROUP BY minute, caller, callee, kind
  )
  SELECT minute, caller, callee, kind, count FROM counted WHERE place <= $7
  ORDER BY minute, caller, callee, kind`;

/** The values of COUNT_EDGES; the range is in whole minutes. */
export function edgeValues(
  scope: ProjectScope,
  range: TimeRange,
  limits: ServiceEdgeLimits,
): readonly unknown[] {
  const { recordsPerMinute, tracesPerMinute, recordsPerTrace, edgesPerMinute } = limits;
  return [
    scope.projectId,
    instantValue(range.fromMs),
    instantValue(range.toMs),
    recordsPerMinute,
    tracesPerMinute,
    recordsPerTrace,
    edgesPerMinute,
  ];
}

export function toMinuteEdge({ minute, ...edge }: LogEdgeRow): MinuteServiceEdge {
  return { ...edge, minuteMs: minute.getTime() };
}
