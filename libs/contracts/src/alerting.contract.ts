import { z } from 'zod';
import { DEFAULT_ANOMALY_METHOD } from '../../core/src/anomalies/anomaly-question';
import { describeCondition } from '../../core/src/alerting/describe-condition';
import type { StoredRuleState } from '../../core/src/alerting/rule-state';
import {
  INTERVALS_SECONDS,
  type IntervalSeconds,
  NO_DATA_POLICIES,
  OPERATORS,
  type Rule,
  type RuleCondition,
  type RuleDraft,
  SEVERITIES,
} from '../../core/src/alerting/rule';
import { formatDurationSeconds } from '../../core/src/common/duration';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import { AGGREGATIONS } from '../../core/src/metrics/metric-query';
import {
  anomalyDirection,
  anomalyMethod,
  anomalyThreshold,
  leastRelativeDeviation,
  toAnomalyQuestion,
} from './anomalies.contract';
import { duration, field, levels, tagsSchema, text, toTotals, totals } from './common.contract';

const DAY = 86_400;
const INTERVALS_ALLOWED = INTERVALS_SECONDS.map(formatDurationSeconds).join(', ');

const thresholdFields = {
  operator: field(z.enum(OPERATORS), 'How the value is compared with the threshold', '>'),
  threshold: field(z.number(), 'What the value is compared with', 500),
  service_name: field(text(200), 'Only this service', 'checkout').optional(),
  group_by: field(
    z.literal('service_name'),
    'One alert per service instead of one for all',
    'service_name',
  ).optional(),
};

const metricCondition = z.strictObject({
  metric_name: field(text(200), 'Name of the metric', 'latency_ms_p95'),
  aggregation: field(z.enum(AGGREGATIONS), 'How the samples of the window become one value', 'avg').default(
    'avg',
  ),
  tags: field(tagsSchema.optional(), 'Only series whose tags have these values', { endpoint: '/users' }),
  ...thresholdFields,
});

const logCondition = z.strictObject({
  level: levels('Only records of exactly these levels; default: all').optional(),
  search: field(text(1000), 'Only records whose message has these words', 'timed out').optional(),
  ...thresholdFields,
});

const anomalyCondition = z.strictObject({
  metric_name: metricCondition.shape.metric_name,
  aggregation: field(z.enum(AGGREGATIONS), 'How the samples of a bucket become one value', 'avg').default(
    'avg',
  ),
  tags: metricCondition.shape.tags,
  service_name: thresholdFields.service_name,
  group_by: thresholdFields.group_by,
  method: anomalyMethod.prefault(DEFAULT_ANOMALY_METHOD),
  threshold: anomalyThreshold.optional(),
  direction: anomalyDirection.default('both'),
  min_relative_deviation: leastRelativeDeviation.optional(),
});

const interval = duration(
  { min: 10, max: 300, allowed: `one of ${INTERVALS_ALLOWED}` },
  'How often it is evaluated',
  '1m',
).transform((seconds, context): IntervalSeconds => {
  const known = INTERVALS_SECONDS.find((each) => each === seconds);
  if (known !== undefined) return known;
  context.addIssue({
    code: 'custom',
    message: 'is not one of the intervals',
    params: { allowed: INTERVALS_ALLOWED },
  });
  return z.NEVER;
});

const fields = {
  name: field(text(200), 'What people call it', 'checkout is slow'),
  description: field(text(2000), 'What it is for, and what to do', 'Customers wait. See the runbook.'),
  enabled: field(z.boolean(), 'Whether it is evaluated', true),
  interval,
  window: duration(
    { min: 10, max: DAY, allowed: 'from 10s to 24h' },
    'How much time before the evaluated instant is looked at',
    '5m',
  ),
  for: duration(
    { min: 0, max: DAY, allowed: 'from 0s to 24h' },
    'How long the condition must hold before it fires',
    '1m',
  ),
  keep_firing: duration(
    { min: 0, max: DAY, allowed: 'from 0s to 24h' },
    'How long it must be over before the alert resolves',
    '0s',
  ),
  no_data: field(
    z.enum(NO_DATA_POLICIES),
    'What a window without data means: ok ends the alert, keep changes nothing, alert counts as a breach',
    'ok',
  ),
  severity: field(z.enum(SEVERITIES), 'How bad it is', 'critical'),
  labels: field(
    z
      .record(text(100), text(500, 0))
      .refine((labels) => Object.keys(labels).length <= 32, 'must not have more than 32 entries'),
    'What identifies and routes its alerts',
    { team: 'payments' },
  ),
  incident_group: field(text(200), 'Alerts of one group join one open incident', 'default'),
};

const withDefaults = {
  ...fields,
  description: fields.description.optional(),
  enabled: fields.enabled.default(true),
  interval: fields.interval.prefault('1m'),
  window: fields.window.prefault('5m'),
  for: fields.for.prefault('0s'),
  keep_firing: fields.keep_firing.prefault('0s'),
  no_data: fields.no_data.default('ok'),
  severity: fields.severity.default('warning'),
  labels: fields.labels.default({}),
  incident_group: fields.incident_group.default('default'),
};

const kindOf = <Kind extends string>(kind: Kind) => field(z.literal(kind), 'What the rule looks at', kind);
const metricExample = { metric_name: 'latency_ms_p95', operator: '>', threshold: 500 };
const anomalyExample = { metric_name: 'latency_ms_p95', service_name: 'checkout', method: 'adaptive' };
const logExample = { level: 'ERROR', operator: '>', threshold: 40 };

export const ruleRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    ...withDefaults,
    kind: kindOf('metric_threshold'),
    condition: field(metricCondition, 'When it holds', metricExample),
  }),
  z.strictObject({
    ...withDefaults,
    kind: kindOf('log_count'),
    condition: field(logCondition, 'When it holds', logExample),
  }),
  z.strictObject({
    ...withDefaults,
    kind: kindOf('anomaly'),
    condition: field(anomalyCondition, 'When it holds', anomalyExample),
  }),
]);

/** A JSON merge patch (RFC 7396): what is absent stays, null takes an optional field away. */
export const rulePatchRequest = z.strictObject({
  ...z.strictObject(fields).partial().shape,
  description: field(text(2000).nullable().optional(), 'What it is for; null takes it away', null),
  condition: field(z.record(z.string(), z.unknown()), 'The parts of the condition that change', {
    threshold: 800,
  }).optional(),
});

type WrittenRule = z.output<typeof ruleRequest>;

export function toRuleDraft(written: WrittenRule): RuleDraft {
  return {
    name: written.name,
    ...(written.description !== undefined && { description: written.description }),
    enabled: written.enabled,
    condition: toCondition(written),
    intervalSeconds: written.interval,
    windowSeconds: written.window,
    holdSeconds: written.for,
    keepFiringSeconds: written.keep_firing,
    noData: written.no_data,
    severity: written.severity,
    labels: written.labels,
    incidentGroup: written.incident_group,
  };
}

function toCondition(written: WrittenRule): RuleCondition {
  const { service_name: serviceName, group_by: groupBy } = written.condition;
  const subject = {
    groupByService: groupBy !== undefined,
    ...(serviceName !== undefined && { serviceName }),
  };
  if (written.kind === 'anomaly') {
    const { metric_name: metricName, aggregation, tags } = written.condition;
    return {
      kind: 'anomaly',
      metricName,
      aggregation,
      ...(tags !== undefined && { tags }),
      ...toAnomalyQuestion(written.condition),
      ...subject,
    };
  }
  const { operator, threshold } = written.condition;
  const common = { operator, threshold, ...subject };
  if (written.kind === 'metric_threshold') {
    const { metric_name: metricName, aggregation, tags } = written.condition;
    return {
      kind: 'metric_threshold',
      metricName,
      aggregation,
      ...(tags !== undefined && { tags }),
      ...common,
    };
  }
  const { level, search } = written.condition;
  return {
    kind: 'log_count',
    ...(level !== undefined && { levels: level }),
    ...(search !== undefined && { search }),
    ...common,
  };
}

/** The stored rule with the patch laid over it, in the form that ruleRequest reads. */
export function patchRule(rule: Rule, patch: z.output<typeof rulePatchRequest>): unknown {
  return mergePatch(toRuleBody(rule), patch);
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    // Labels and tags are replaced as a whole: there is no other way to take one away in a form.
    else if (value !== undefined)
      merged[name] = name === 'condition' ? mergePatch(merged[name], value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toRuleBody(rule: Rule) {
  return {
    name: rule.name,
    ...(rule.description !== undefined && { description: rule.description }),
    kind: rule.condition.kind,
    enabled: rule.enabled,
    condition: toConditionBody(rule.condition),
    interval: formatDurationSeconds(rule.intervalSeconds),
    window: formatDurationSeconds(rule.windowSeconds),
    for: formatDurationSeconds(rule.holdSeconds),
    keep_firing: formatDurationSeconds(rule.keepFiringSeconds),
    no_data: rule.noData,
    severity: rule.severity,
    labels: rule.labels,
    incident_group: rule.incidentGroup,
  };
}

function toConditionBody(condition: RuleCondition) {
  const subject = {
    ...(condition.serviceName !== undefined && { service_name: condition.serviceName }),
    ...(condition.groupByService && { group_by: 'service_name' as const }),
  };
  if (condition.kind === 'anomaly') {
    const { metricName, aggregation, tags, method, threshold, direction, minRelativeDeviation } = condition;
    return {
      metric_name: metricName,
      aggregation,
      ...(tags !== undefined && { tags }),
      ...subject,
      method,
      ...(threshold !== undefined && { threshold }),
      ...(direction !== undefined && { direction }),
      ...(minRelativeDeviation !== undefined && { min_relative_deviation: minRelativeDeviation }),
    };
  }
  const common = { operator: condition.operator, threshold: condition.threshold, ...subject };
  if (condition.kind === 'metric_threshold') {
    const { metricName, aggregation, tags } = condition;
    return { metric_name: metricName, aggregation, ...(tags !== undefined && { tags }), ...common };
  }
  const { levels: chosen, search } = condition;
  return {
    ...(chosen !== undefined && { level: chosen.join(',') }),
    ...(search !== undefined && { search }),
    ...common,
  };
}

const stored = {
  id: field(z.string(), 'Id of the rule', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
  ...fields,
  description: fields.description.optional(),
  kind: field(
    z.enum(['metric_threshold', 'log_count', 'anomaly']),
    'What the rule looks at',
    'metric_threshold',
  ),
  condition: field(z.record(z.string(), z.unknown()), 'When it holds, as it was sent', metricExample),
  interval: field(z.string(), 'How often it is evaluated', '1m'),
  window: field(z.string(), 'How much time before the evaluated instant is looked at', '5m'),
  for: field(z.string(), 'How long the condition must hold before it fires', '1m'),
  keep_firing: field(z.string(), 'How long it must be over before the alert resolves', '0s'),
  summary: field(z.string(), 'The condition in words', 'avg(latency_ms_p95) of checkout > 500 over 5m'),
  created_at: field(z.string(), 'When it was made', '2026-01-15T12:00:00.000Z'),
  updated_at: field(z.string(), 'When it was last changed', '2026-01-15T12:00:00.000Z'),
};

const alertResponse = z.object({
  labels: field(z.record(z.string(), z.string()), 'Which alert of the rule; empty where it does not group', {
    service_name: 'checkout',
  }),
  state: field(z.enum(['inactive', 'pending', 'firing']), 'Where it stands', 'firing'),
  since: field(z.string().nullable(), 'When the condition began to hold', '2026-01-15T12:00:00.000Z'),
  evaluated_at: field(z.string(), 'The last evaluated instant', '2026-01-15T12:05:00.000Z'),
  value: field(z.number().nullable(), 'What was seen then; null without data', 812.5),
});

export const ruleResponse = z.object(stored).meta({ id: 'Rule' });
export const ruleWithAlertsResponse = z.object({
  ...stored,
  alerts: field(z.array(alertResponse), 'What its last evaluation saw', []),
});
export const ruleListResponse = z.object({ rules: field(z.array(ruleResponse), 'The rules', []), ...totals });

export const evaluationRequestResponse = z.object({
  rule_id: field(z.string(), 'The rule', '0b0e7b1c-5f2a-4c58-9a57-0d1f7a6f2f10'),
  requested_at: field(z.string(), 'When it was asked for', '2026-01-15T12:05:00.250Z'),
  evaluated_at: field(
    z.string(),
    'The instant that it will be judged at: its window then holds everything up to the request',
    '2026-01-15T12:05:06.000Z',
  ),
});

export function toEvaluationRequestResponse(rule: Rule, requestedAtMs: number, evaluatedAtMs: number) {
  return { rule_id: rule.id, requested_at: toIso(requestedAtMs), evaluated_at: toIso(evaluatedAtMs) };
}

export function toRuleResponse(rule: Rule) {
  return {
    id: rule.id,
    ...toRuleBody(rule),
    summary: describeCondition(rule),
    created_at: toIso(rule.createdAtMs),
    updated_at: toIso(rule.updatedAtMs),
  };
}

export function toRuleWithAlertsResponse(rule: Rule, states: readonly StoredRuleState[]) {
  return {
    ...toRuleResponse(rule),
    alerts: states.map(({ labels, state, evaluatedAtMs, value }) => ({
      labels,
      state: state.phase,
      since: state.phase === 'inactive' ? null : toIso(state.sinceMs),
      evaluated_at: toIso(evaluatedAtMs),
      value: value ?? null,
    })),
  };
}

export function toRuleListResponse(page: Page<Rule>) {
  return { rules: page.items.map(toRuleResponse), ...toTotals(page) };
}
