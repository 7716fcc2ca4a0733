import type { LogFilter } from '../../../core/src/logs/log-query';
import { parseSearch } from '../../../core/src/logs/parse-search';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { instantValue } from './instant-value';
import { levelRank } from './log-record-rows';
import type { SqlValues } from './sql-values';
import { storableText } from './storable-text';

/** The WHERE clause of a filter over log_records. Adds its values to `values`. */
export function logConditions(scope: ProjectScope, filter: LogFilter, values: SqlValues): string {
  const conditions = [
    `project_id = ${values.add(scope.projectId)}`,
    `timestamp >= ${values.add(instantValue(filter.range.fromMs))}`,
    `timestamp < ${values.add(instantValue(filter.range.toMs))}`,
  ];
  if (filter.receivedRange !== undefined) {
    const { fromMs, toMs } = filter.receivedRange;
    conditions.push(`received_at >= ${values.add(instantValue(fromMs))}`);
    conditions.push(`received_at < ${values.add(instantValue(toMs))}`);
  }
  if (filter.levels !== undefined)
    conditions.push(`level = ANY(${values.add(filter.levels.map(levelRank))}::smallint[])`);
  for (const [column, wanted] of [
    ['service_name', filter.serviceName],
    ['trace_id', filter.traceId],
    ['correlation_id', filter.correlationId],
    ['fingerprint', filter.fingerprint],
  ] as const) {
    if (wanted !== undefined) conditions.push(`${column} = ${values.add(storableText(wanted))}`);
  }
  const phrases = parseSearch(filter.search ?? '');
  if (phrases.length > 0) {
    const terms = phrases.map((phrase) => `log_phrase(${values.add(storableText(phrase))})`);
    conditions.push(`log_terms(message) @@ (${terms.join(' && ')})`);
  }
  return conditions.join(' AND ');
}
