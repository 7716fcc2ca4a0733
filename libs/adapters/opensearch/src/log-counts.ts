import { cleanText } from '../../../core/src/common/clean-text';
import type { LogLevel } from '../../../core/src/logs/log-level';
import type { LogCountAnswer, LogCountRequest, LogFilter } from '../../../core/src/logs/log-query';
import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import type { QueryClause } from './log-filter-query';
import { readBuckets } from './read-buckets';
import { type Buckets, type CountedKey, type LogSelection, searchMany } from './search-indices';

/** Services that one search tells apart; OpenSearch allows 65,535 buckets an answer, levels included. */
const MAX_SERVICES = 9000;

type ByLevel = Readonly<Partial<Record<LogLevel, number>>>;

/** How many records of each service and level answer one question, by service. */
type ServiceCounts = ReadonlyMap<string, ByLevel>;

interface ServicesAnswer {
  readonly aggregations?: {
    readonly services: Buckets<CountedKey & { readonly levels: Buckets<CountedKey<LogLevel>> }> & {
      /** Records of services beyond the largest ones. */
      readonly sum_other_doc_count: number;
    };
  };
}

type ServiceLevelBucket = CountedKey<{ readonly service: string; readonly level: LogLevel }>;

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

/** The counts that answer each of the questions, in their order; all are of one connection. */
export async function readServiceCounts(
  questions: readonly LogSelection[],
): Promise<readonly ServiceCounts[]> {
  const [first] = questions;
  if (first === undefined) return [];
  const searches = questions.map(({ indices, query }) => ({ indices, body: servicesSearch(query) }));
  const answers = await searchMany<ServicesAnswer>(first.connection, searches);
  const counts: ServiceCounts[] = [];
  for (const [index, question] of questions.entries()) {
    const services = answers[index]?.aggregations?.services;
    counts.push(
      (services?.sum_other_doc_count ?? 0) > 0
        ? await readAllServiceCounts(question)
        : new Map(services?.buckets.map(({ key, levels }) => [key, byLevel(levels)])),
    );
  }
  return counts;
}

function servicesSearch(query: QueryClause): QueryClause {
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

function byLevel({ buckets }: Buckets<CountedKey<LogLevel>>): ByLevel {
  return Object.fromEntries(buckets.map(({ key, doc_count }) => [key, doc_count]));
}

/** For more services than one search tells apart: slower, one question at a time. */
async function readAllServiceCounts(question: LogSelection): Promise<ServiceCounts> {
  const sources = [
    { service: { terms: { field: 'service_name' } } },
    { level: { terms: { field: 'level' } } },
  ];
  const counts = new Map<string, ByLevel>();
  for await (const { key, doc_count } of readBuckets<ServiceLevelBucket>(question, sources))
    counts.set(key.service, { ...counts.get(key.service), [key.level]: doc_count });
  return counts;
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
  const wantedService = serviceName === undefined ? undefined : cleanText(serviceName);
  const wantedLevels = LOG_LEVELS.filter((level) => levels === undefined || levels.includes(level));
  return [...(counts ?? [])]
    .filter(([name]) => wantedService === undefined || name === wantedService)
    .map(([name, ofLevels]) => ({
      serviceName: name,
      count: wantedLevels.reduce((sum, level) => sum + (ofLevels[level] ?? 0), 0),
    }))
    .filter(({ count }) => count > 0);
}
