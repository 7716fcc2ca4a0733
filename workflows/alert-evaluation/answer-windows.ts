import type { WindowValue } from '../../libs/core/src/alerting/evaluate-rule';
import type { Rule } from '../../libs/core/src/alerting/rule';
import type { RuleId } from '../../libs/core/src/common/ids';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import type { LogCountRequest } from '../../libs/core/src/logs/log-query';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { WindowRequest } from '../../libs/core/src/metrics/metric-query';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { type AnomalyAnswering, answerAnomaly } from './answer-anomaly';

/** Keeps one statement's size bounded; far more than a project's rules of one interval need. */
const REQUESTS_PER_CALL = 1000;

/**
 * Asks the stores for the windows of all rules together: one call for the metrics and one for the logs, however many rules
 * there are; only rules of kind anomaly ask for themselves. The window of instant t is [t − delay − window, t − delay).
 */
export async function answerWindows(
  stores: AnomalyAnswering & { readonly logs: LogStore },
  scope: ProjectScope,
  rules: readonly Rule[],
  atMs: number,
  delayMs: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<RuleId, readonly WindowValue[]>> {
  const metricRequests: WindowRequest[] = [];
  const logRequests: LogCountRequest[] = [];
  for (const rule of rules) {
    const range = windowOf(rule, atMs, delayMs);
    if (rule.condition.kind === 'metric_threshold')
      metricRequests.push(toWindowRequest(rule.id, rule.condition, range));
    else if (rule.condition.kind === 'log_count')
      logRequests.push(toCountRequest(rule.id, rule.condition, range));
  }
  const [metricAnswers, logAnswers] = await Promise.all([
    inChunks(metricRequests, (requests) => stores.metrics.aggregateWindows(scope, requests)),
    inChunks(logRequests, (requests) => stores.logs.countMany(scope, requests)),
  ]);
  const answers = new Map<string, WindowValue[]>();
  const keep = (key: string, serviceName: string | undefined, value: number) => {
    const values = answers.get(key) ?? [];
    values.push({ value, ...(serviceName !== undefined && { serviceName }) });
    answers.set(key, values);
  };
  for (const { key, serviceName, value } of metricAnswers) keep(key, serviceName, value);
  for (const { key, serviceName, count } of logAnswers) keep(key, serviceName, count);
  // One rule after the other: each reads a day of a metric.
  for (const rule of rules) {
    const { condition } = rule;
    if (condition.kind !== 'anomaly') continue;
    const range = windowOf(rule, atMs, delayMs);
    answers.set(rule.id, [...(await answerAnomaly(stores, scope, condition, range, signal))]);
  }
  return new Map(rules.map(({ id }) => [id, answers.get(id) ?? []]));
}

function windowOf(rule: Rule, atMs: number, delayMs: number): TimeRange {
  const toMs = atMs - delayMs;
  return { fromMs: toMs - rule.windowSeconds * 1000, toMs };
}

function toWindowRequest(
  key: RuleId,
  condition: Extract<Rule['condition'], { kind: 'metric_threshold' }>,
  range: TimeRange,
): WindowRequest {
  const { metricName, serviceName, tags, aggregation, groupByService } = condition;
  return {
    key,
    metricName,
    aggregation,
    range,
    groupByService,
    ...(serviceName !== undefined && { serviceName }),
    ...(tags !== undefined && { tags }),
  };
}

function toCountRequest(
  key: RuleId,
  condition: Extract<Rule['condition'], { kind: 'log_count' }>,
  range: TimeRange,
): LogCountRequest {
  const { levels, serviceName, search, groupByService } = condition;
  return {
    key,
    groupByService,
    filter: {
      range,
      ...(levels !== undefined && { levels }),
      ...(serviceName !== undefined && { serviceName }),
      ...(search !== undefined && { search }),
    },
  };
}

async function inChunks<Request, Answer>(
  requests: readonly Request[],
  ask: (chunk: readonly Request[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const answers: (readonly Answer[])[] = [];
  for (let from = 0; from < requests.length; from += REQUESTS_PER_CALL) {
    answers.push(await ask(requests.slice(from, from + REQUESTS_PER_CALL)));
  }
  return answers.flat();
}
