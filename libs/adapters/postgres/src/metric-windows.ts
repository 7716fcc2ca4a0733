import type { Aggregation, WindowAnswer, WindowRequest } from '../../../core/src/metrics/metric-query';
import type { Tags } from '../../../core/src/metrics/sample';
import { average } from './average';
import { instantValue } from './instant-value';
import { storableJson, storableText } from './storable-text';

/** How the values of a window become one: aggregates of one kind share a pass. */
type Kind = 'plain' | 'last' | 'percentile';

interface Question {
  readonly metric_name: string;
  readonly service_name: string | null;
  /** Null where none are asked for. */
  readonly tags: Tags | null;
  readonly from: string;
  readonly to: string;
  readonly by_service: boolean;
  readonly kind: Kind;
  readonly aggregation: Aggregation;
  readonly fraction: number | null;
}

export interface WindowRow {
  readonly question: number;
  readonly service_name: string | null;
  readonly value: number;
}

export interface WindowPlan {
  readonly statement: string;
  /** From $2 on: the questions as JSON, and the instants between which all of them lie. ($1 is the project.) */
  readonly values: readonly [questions: string, from: string, to: string];
  readonly asked: readonly { readonly request: WindowRequest; readonly question: number }[];
}

const FRACTIONS: Readonly<Partial<Record<Aggregation, number>>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
};

const VALUES: Readonly<Record<Kind, string>> = {
  plain: `CASE aggregation
    WHEN 'avg' THEN ${average('sum(value)', 'count(*)')} WHEN 'sum' THEN sum(value) WHEN 'min' THEN min(value)
    WHEN 'max' THEN max(value) ELSE count(*)
  END`,
  last: '(array_agg(value ORDER BY timestamp DESC, value DESC))[1]',
  percentile: 'percentile_cont(fraction) WITHIN GROUP (ORDER BY value)',
};

/** Every series has the tags `{}`: with them as a condition, each question would go through the whole index of tags. */
function branch({ kind, tags }: Question): string {
  return `
  SELECT question, CASE WHEN by_service THEN series.service_name END AS service_name, ${VALUES[kind]} AS value
  FROM asked
  JOIN series ON series.project_id = $1 AND series.metric_name = asked.metric_name
    AND (asked.service_name IS NULL OR series.service_name = asked.service_name)
    ${tags === null ? '' : 'AND series.tags @> asked.tags'}
  JOIN samples ON samples.series_id = series.id
    AND samples.timestamp >= asked."from" AND samples.timestamp < asked."to"
    AND samples.timestamp >= $3 AND samples.timestamp < $4
  WHERE kind = '${kind}' AND asked.tags IS ${tags === null ? 'NULL' : 'NOT NULL'}
  GROUP BY question, aggregation, fraction, 2`;
}

/**
 * One statement for all requests; equal questions are asked once. Between which instants they all lie is said in values of their own, for only by
 * these the planner leaves out partitions and chunks: with 400 chunks, one question took 0.1 s and 1,600 locks.
 */
export function planWindows(requests: readonly WindowRequest[]): WindowPlan {
  const questions = new Map<string, Question & { readonly question: number }>();
  const asked = requests.map((request) => {
    const question = toQuestion(request);
    const key = JSON.stringify(question);
    const numbered = questions.get(key) ?? { ...question, question: questions.size };
    questions.set(key, numbered);
    return { request, question: numbered.question };
  });
  const branches = new Set([...questions.values()].map(branch));
  const statement = `
  WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json) AS asked (
      question integer, metric_name text, service_name text, tags jsonb, "from" timestamptz, "to" timestamptz,
      by_service boolean, kind text, aggregation text, fraction double precision
    )
  )
  ${[...branches].join(' UNION ALL ')}`;
  const values = [
    storableJson([...questions.values()]),
    instantValue(requests.reduce((least, { range }) => Math.min(least, range.fromMs), Infinity)),
    instantValue(requests.reduce((greatest, { range }) => Math.max(greatest, range.toMs), -Infinity)),
  ] as const;
  return { statement, values, asked };
}

export function answerWindows(plan: WindowPlan, rows: readonly WindowRow[]): readonly WindowAnswer[] {
  const rowsByQuestion = new Map<number, WindowRow[]>();
  for (const row of rows) {
    const known = rowsByQuestion.get(row.question);
    if (known === undefined) rowsByQuestion.set(row.question, [row]);
    else known.push(row);
  }
  return plan.asked.flatMap(({ request, question }) =>
    (rowsByQuestion.get(question) ?? []).map((row) => ({
      key: request.key,
      ...(row.service_name !== null && { serviceName: row.service_name }),
      value: row.value,
    })),
  );
}

function toQuestion(request: WindowRequest): Question {
  const fraction = FRACTIONS[request.aggregation];
  const kind = fraction !== undefined ? 'percentile' : request.aggregation === 'last' ? 'last' : 'plain';
  return {
    metric_name: storableText(request.metricName),
    service_name: request.serviceName === undefined ? null : storableText(request.serviceName),
    tags: request.tags === undefined || Object.keys(request.tags).length === 0 ? null : request.tags,
    from: instantValue(request.range.fromMs),
    to: instantValue(request.range.toMs),
    by_service: request.groupByService,
    kind,
    aggregation: request.aggregation,
    fraction: fraction ?? null,
  };
}
