import { cleanText } from '../../../core/src/common/clean-text';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogFilter } from '../../../core/src/logs/log-query';
import { parseSearch } from '../../../core/src/logs/parse-search';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { contextTerm } from './context-term';
import { toSearchWords } from './search-words';
import { toStoredRange } from './stored-range';

/** A part of OpenSearch's query language. */
export type QueryClause = Readonly<Record<string, unknown>>;

/** The query of a filter. Nothing is scored: every part only selects. Texts are asked for as ingest cleans them. */
export function logFilterQuery(scope: ProjectScope, filter: LogFilter): QueryClause {
  return { bool: { filter: [instantRange('timestamp', filter.range), ...timelessClauses(scope, filter)] } };
}

/** The same, whatever the records' timestamps. */
export function timelessFilterQuery(scope: ProjectScope, filter: Omit<LogFilter, 'range'>): QueryClause {
  return { bool: { filter: timelessClauses(scope, filter) } };
}

function timelessClauses(scope: ProjectScope, filter: Omit<LogFilter, 'range'>): readonly QueryClause[] {
  const clauses: QueryClause[] = [{ term: { project_id: scope.projectId } }];
  if (filter.receivedRange !== undefined) clauses.push(instantRange('received_at', filter.receivedRange));
  if (filter.levels !== undefined) clauses.push({ terms: { level: filter.levels } });
  for (const [field, wanted] of [
    ['service_name', filter.serviceName],
    ['trace_id', filter.traceId],
    ['correlation_id', filter.correlationId],
    ['fingerprint', filter.fingerprint],
  ] as const) {
    if (wanted !== undefined) clauses.push({ term: { [field]: cleanText(wanted) } });
  }
  const { contextField } = filter;
  if (contextField !== undefined) {
    const wanted = contextTerm(cleanText(contextField.key), cleanText(contextField.value));
    clauses.push({ term: { context_terms: wanted } });
  }
  for (const phrase of parseSearch(filter.search ?? ''))
    clauses.push({ match_phrase: { words: toSearchWords(phrase) } });
  return clauses;
}

/** Whether nothing is asked of a record that few have: besides its timestamp, its level and its service at most. */
export function isBroad(filter: LogFilter): boolean {
  const { receivedRange, traceId, correlationId, fingerprint, contextField } = filter;
  const others = [receivedRange, traceId, correlationId, fingerprint, contextField];
  return others.every((wanted) => wanted === undefined) && parseSearch(filter.search ?? '').length === 0;
}

export function instantRange(field: 'timestamp' | 'received_at', range: TimeRange): QueryClause {
  const { fromMs, toMs } = toStoredRange(range);
  return { range: { [field]: { gte: fromMs, lt: toMs, format: 'epoch_millis' } } };
}
