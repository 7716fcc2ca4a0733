import type { LogLevel } from '../../../core/src/logs/log-level';
import type { LogCountAnswer, LogCountRequest, LogFilter } from '../../../core/src/logs/log-query';
import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import type { QueryClause } from './log-filter-query';
import type { Buckets, CountedKey } from './search-indices';

/** Services of a project that are told apart; OpenSearch allows 65,535 buckets an answer, levels included. */
const MAX_SERVICES = 9000;

/** How many records of each service and level answer one question. */
export interface ServiceCounts {
  readonly aggregations?: {
    readonly services: Buckets<CountedKey & { readonly levels: Buckets<CountedKey<LogLevel>> }>;
  };
}

/**
 * Requests turned into the fewest searches: those over the same records that differ in level and service only are
 * answered by one, which counts by both.
 */
export interface LogCountPlan {
  readonly questions: readonly LogFilter[];
  readonly asked: readonly { readonly request: LogCountRequest; readonly question: number }[];
}

export function planLogCounts(requests: readonly LogCountRequest[]): LogCountPlan {
  const questions: LogFilter[] = [];
  const numbers = new Map<string, number>();
  const asked = requests.map((request) => {
    const question = withoutGroups(request.filter);
    const key = JSON.stringify(question);
    const number = numbers.get(key) ?? questions.push(question) - 1;
    numbers.set(key, number);
    return { request, question: number };
  });
  return { questions, asked };
}

/** Levels and services are told apart in the answer. */
function withoutGroups(filter: LogFilter): LogFilter {
  const question: { -readonly [Part in keyof LogFilter]: LogFilter[Part] } = { ...filter };
  delete question.levels;
  delete question.serviceName;
  return question;
}

export function serviceCountsSearch(query: QueryClause): QueryClause {
  return {
    size: 0,
    track_total_hits: false,
    query,
    aggs: {
      services: {
        terms: { field: 'service_name', size: MAX_SERVICES },
        aggs: { levels: { terms: { field: 'level', size: LOG_LEVELS.length } } },
      },
    },
  };
}

/** `counts` are the answers to the plan's questions, in their order. */
export function answerLogCounts(
  { asked }: LogCountPlan,
  counts: readonly ServiceCounts[],
): readonly LogCountAnswer[] {
  return asked.flatMap(({ request, question }) => {
    const { key, filter, groupByService } = request;
    const services = countServices(counts[question], filter);
    if (groupByService) return services.map((service) => ({ key, ...service }));
    return [{ key, count: services.reduce((sum, { count }) => sum + count, 0) }];
  });
}

function countServices(
  counts: ServiceCounts | undefined,
  { levels, serviceName }: LogFilter,
): readonly { readonly serviceName: string; readonly count: number }[] {
  const services = counts?.aggregations?.services.buckets ?? [];
  return services
    .filter((service) => serviceName === undefined || service.key === serviceName)
    .map((service) => ({
      serviceName: service.key,
      count: service.levels.buckets
        .filter(({ key }) => levels === undefined || levels.includes(key))
        .reduce((sum, { doc_count }) => sum + doc_count, 0),
    }))
    .filter(({ count }) => count > 0);
}
