import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogCountAnswer, LogCountRequest, LogFilter } from '../../../core/src/logs/log-query';
import { parseSearch } from '../../../core/src/logs/parse-search';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { contextValues } from './context-values';
import { countByMinute, isKnownByMinute } from './counted-records';
import { hasPatterns, phrasePatterns, withEitherSigma, wordsOf } from './crowded-words';
import { instantValue } from './instant-value';
import { levelRank } from './log-record-rows';
import { storableText } from './storable-text';

/** Records of one service that answer one question; by level where the question is a window. */
export interface LogCountRow {
  readonly question: number;
  readonly service_name: string;
  readonly level: number | null;
  readonly count: number;
}

interface Range {
  readonly from: string;
  readonly to: string;
}

/** Of all records, or those of one fingerprint. */
interface Window extends Range {
  readonly fingerprint: string | null;
}

/** Records to count, or to take away from the count of their minute. */
interface Rest extends Window {
  readonly sign: 1 | -1;
}

interface Lookup extends Range {
  readonly received_from: string | null;
  readonly received_to: string | null;
  readonly levels: readonly number[] | null;
  readonly service_name: string | null;
  readonly trace_id: string | null;
  readonly correlation_id: string | null;
  readonly fingerprint: string | null;
  readonly context_key: string | null;
  readonly context_values: readonly string[] | null;
  readonly phrases: readonly string[];
  readonly patterns: readonly string[];
}

type Numbered<Question> = Question & { readonly question: number };

/** Requests turned into the fewest questions that PostgreSQL answers in one statement. */
export interface LogCountPlan {
  /** Counted by service and level, once for all requests over the same window that ask for no more than a fingerprint: its whole minutes. */
  readonly minutes: readonly Numbered<Window>[];
  /** What these count too little or too much at the ends of the windows. */
  readonly rest: readonly Numbered<Rest>[];
  /** The other filters, such as words: each distinct one is looked up by itself. */
  readonly lookups: readonly Numbered<Lookup>[];
  readonly asked: readonly { readonly request: LogCountRequest; readonly question: number }[];
}

/**
 * Keeps PostgreSQL from reading all records and comparing each with the questions, of which it expects a hundred, also where there are none.
 * It does so where more is stored than caches hold: of twelve million records for 3 s in three processes, instead of 7 ms. With words this
 * would read more: all of the range beside those that have the words.
 */
const BY_QUESTION = 'OFFSET 0';

function minutesBranch(table: string, condition: string): string {
  return `
  SELECT question, found.service_name, found.level, sum(found.count)::bigint AS count
  FROM json_to_recordset($2::json) AS asked (
    question integer, "from" timestamptz, "to" timestamptz, fingerprint text
  )
  CROSS JOIN LATERAL (
    SELECT counted.service_name, counted.level, counted.count FROM ${table} AS counted
    WHERE counted.project_id = $1 AND counted.minute >= asked."from" AND counted.minute < asked."to" AND ${condition}
    ${BY_QUESTION}
  ) AS found
  GROUP BY question, found.service_name, found.level`;
}

function lookupBranch(questions: string, termsJoin: string, termsCondition: string): string {
  return `
  SELECT question, found.service_name, NULL::smallint, count(*)
  FROM json_to_recordset(${questions}::json) AS asked (
    question integer, "from" timestamptz, "to" timestamptz, received_from timestamptz, received_to timestamptz,
    levels smallint[], service_name text,
    trace_id text, correlation_id text, fingerprint text,
    context_key text, context_values text[], phrases text[], patterns text[]
  )
  ${termsJoin}
  CROSS JOIN LATERAL (
    SELECT record.service_name FROM log_records AS record
    WHERE record.project_id = $1 AND record.timestamp >= asked."from" AND record.timestamp < asked."to"
      AND (asked.received_from IS NULL OR record.received_at >= asked.received_from)
      AND (asked.received_to IS NULL OR record.received_at < asked.received_to)
      AND (asked.levels IS NULL OR record.level = ANY(asked.levels))
      AND (asked.service_name IS NULL OR record.service_name = asked.service_name)
      AND (asked.trace_id IS NULL OR record.trace_id = asked.trace_id)
      AND (asked.correlation_id IS NULL OR record.correlation_id = asked.correlation_id)
      AND (asked.fingerprint IS NULL OR record.fingerprint = asked.fingerprint)
      AND (asked.context_key IS NULL OR record.context -> asked.context_key = ANY(asked.context_values::jsonb[]))
      ${termsCondition}
  ) AS found
  GROUP BY question, found.service_name`;
}

/**
 * A phrase of what PostgreSQL takes for no letter, such as letters of a newer Unicode, has no terms. A search passes over it, and so does a count:
 * as text it would be a syntax error, and with it all of the statement.
 *
 * $1 project, $2 whole minutes, $3 other windows, $4 lookups without words, $5 lookups with words: the last four as JSON arrays.
 */
export const COUNT_MANY = `
  ${minutesBranch('log_minute_counts', 'asked.fingerprint IS NULL')}
  UNION ALL
  ${minutesBranch('log_fingerprint_counts', 'counted.fingerprint = asked.fingerprint')}
  UNION ALL
  SELECT question, found.service_name, found.level, sum(sign)
  FROM json_to_recordset($3::json) AS asked (
    question integer, "from" timestamptz, "to" timestamptz, fingerprint text, sign integer
  )
  CROSS JOIN LATERAL (
    SELECT record.service_name, record.level FROM log_records AS record
    WHERE record.project_id = $1 AND record.timestamp >= asked."from" AND record.timestamp < asked."to"
      AND (asked.fingerprint IS NULL OR record.fingerprint = asked.fingerprint)
    ${BY_QUESTION}
  ) AS found
  GROUP BY question, found.service_name, found.level
  UNION ALL
  ${lookupBranch('$4', '', BY_QUESTION)}
  UNION ALL
  ${lookupBranch(
    '$5',
    `CROSS JOIN LATERAL (
      SELECT string_agg('(' || words || ')', ' & ')::tsquery AS words, string_agg('(' || terms || ')', ' & ')::tsquery AS terms
      FROM unnest(asked.phrases) AS phrase, ${withEitherSigma(wordsOf('phrase'))} AS words, ${withEitherSigma('log_phrase(phrase)')} AS terms
      WHERE terms <> ''
    ) AS sought`,
    `AND log_terms(record.message) @@ sought.words
      AND (asked.patterns = '{}' OR log_terms(record.message) @@ sought.terms OR ${hasPatterns('record.message', 'asked.patterns')})`,
  )}`;

export function planLogCounts(requests: readonly LogCountRequest[]): LogCountPlan {
  const windows = new Map<
    string,
    Numbered<{ readonly range: TimeRange; readonly fingerprint: string | null }>
  >();
  const lookups = new Map<string, Numbered<Lookup>>();
  const number = <Question extends object>(
    known: Map<string, Numbered<Question>>,
    key: object,
    question: Question,
  ): number => {
    const text = JSON.stringify(key);
    const numbered = known.get(text) ?? { ...question, question: windows.size + lookups.size };
    known.set(text, numbered);
    return numbered.question;
  };
  const asked = requests.map((request) => {
    const { range } = request.filter;
    const fingerprint = orNull(request.filter.fingerprint);
    const lookup = toLookup(request.filter);
    const question =
      lookup === undefined
        ? number(windows, { ...toRange(range), fingerprint }, { range, fingerprint })
        : number(lookups, lookup, lookup);
    return { request, question };
  });
  const parts = [...windows.values()].map(({ range, ...window }) => ({ window, ...countByMinute(range) }));
  return {
    minutes: parts.flatMap(({ window, minutes }) =>
      minutes.map((range) => ({ ...window, ...toRange(range) })),
    ),
    rest: parts.flatMap(({ window, added, taken }) => [
      ...added.map((range) => ({ ...window, ...toRange(range), sign: 1 as const })),
      ...taken.map((range) => ({ ...window, ...toRange(range), sign: -1 as const })),
    ]),
    lookups: [...lookups.values()],
    asked,
  };
}

/** The values of COUNT_MANY. */
export function countValues(
  { projectId }: ProjectScope,
  { minutes, rest, lookups }: LogCountPlan,
): readonly unknown[] {
  const withWords = lookups.filter(({ phrases }) => phrases.length > 0);
  const withoutWords = lookups.filter(({ phrases }) => phrases.length === 0);
  return [projectId, ...[minutes, rest, withoutWords, withWords].map((asked) => JSON.stringify(asked))];
}

/** Adds up the rows of each request's question. */
export function answerLogCounts(plan: LogCountPlan, rows: readonly LogCountRow[]): readonly LogCountAnswer[] {
  const rowsByQuestion = new Map<number, LogCountRow[]>();
  for (const row of rows) {
    const others = rowsByQuestion.get(row.question);
    if (others === undefined) rowsByQuestion.set(row.question, [row]);
    else others.push(row);
  }
  return plan.asked.flatMap(({ request, question }) => {
    const matching = (rowsByQuestion.get(question) ?? []).filter((row) => matches(request.filter, row));
    return request.groupByService ? byService(request.key, matching) : [total(request.key, matching)];
  });
}

function matches(filter: LogFilter, row: LogCountRow): boolean {
  const levelFits =
    row.level === null || filter.levels === undefined || filter.levels.map(levelRank).includes(row.level);
  return (
    levelFits && (filter.serviceName === undefined || storableText(filter.serviceName) === row.service_name)
  );
}

function total(key: string, rows: readonly LogCountRow[]): LogCountAnswer {
  return { key, count: rows.reduce((sum, row) => sum + row.count, 0) };
}

function byService(key: string, rows: readonly LogCountRow[]): readonly LogCountAnswer[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.service_name, (counts.get(row.service_name) ?? 0) + row.count);
  // None, where all of the minute was taken away.
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([serviceName, count]) => ({ key, serviceName, count }));
}

function toRange({ fromMs, toMs }: TimeRange): Range {
  return { from: instantValue(fromMs), to: instantValue(toMs) };
}

function toLookup(filter: LogFilter): Lookup | undefined {
  if (isKnownByMinute(filter)) return undefined;
  const phrases = parseSearch(filter.search ?? '');
  const { receivedRange, traceId, correlationId, fingerprint, contextField } = filter;
  return {
    ...toRange(filter.range),
    received_from: receivedRange === undefined ? null : instantValue(receivedRange.fromMs),
    received_to: receivedRange === undefined ? null : instantValue(receivedRange.toMs),
    levels: filter.levels?.map(levelRank) ?? null,
    service_name: orNull(filter.serviceName),
    trace_id: orNull(traceId),
    correlation_id: orNull(correlationId),
    fingerprint: orNull(fingerprint),
    context_key: orNull(contextField?.key),
    context_values: contextField === undefined ? null : contextValues(contextField.value),
    phrases: phrases.map(storableText),
    patterns: phrasePatterns(phrases),
  };
}

function orNull(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text);
}
