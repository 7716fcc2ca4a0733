import { labelsText } from './labels-text';
import type { Operator, RuleCondition } from './rule';
import type { AlertLabels, EvaluationResult } from './rule-state';

/** What a store answered for a rule's window: a log count or an aggregated metric. */
export interface WindowValue {
  /** Present where the condition groups by service. */
  readonly serviceName?: string;
  readonly value: number;
  /** Whether the condition holds, where the answer itself judged the value. */
  readonly isAnomalous?: boolean;
}

export interface LabelledResult {
  readonly labels: AlertLabels;
  readonly result: EvaluationResult;
}

/**
 * Judges one window. Gives one result per label set: those the stores answered for, and those `known` from earlier
 * evaluations, so that an alert whose service has fallen silent is judged too. For logs silence is a count of zero; for
 * metrics it is no data.
 */
export function evaluateRule(
  condition: RuleCondition,
  answers: readonly WindowValue[],
  known: readonly AlertLabels[],
): readonly LabelledResult[] {
  const results = new Map<string, LabelledResult>();
  const keep = (labels: AlertLabels, result: EvaluationResult) => {
    const key = labelsText(labels);
    if (!results.has(key)) results.set(key, { labels, result });
  };
  for (const answer of answers) keep(labelsOf(condition, answer), judge(condition, answer));
  if (!condition.groupByService) keep({}, judgeSilence(condition));
  for (const labels of known) {
    keep(labels, belongsTo(condition, labels) ? judgeSilence(condition) : { outcome: 'gone' });
  }
  return [...results.values()];
}

function labelsOf(condition: RuleCondition, answer: WindowValue): AlertLabels {
  return condition.groupByService ? { service_name: answer.serviceName ?? '' } : {};
}

function belongsTo(condition: RuleCondition, labels: AlertLabels): boolean {
  const service = labels['service_name'];
  if (!condition.groupByService) return service === undefined;
  return service !== undefined && (condition.serviceName === undefined || condition.serviceName === service);
}

function judge(condition: RuleCondition, { value, isAnomalous }: WindowValue): EvaluationResult {
  if (!Number.isFinite(value)) return { outcome: 'no_data' };
  const holds =
    condition.kind === 'anomaly'
      ? isAnomalous === true
      : compares(value, condition.operator, condition.threshold);
  return { outcome: holds ? 'breach' : 'clear', value };
}

function judgeSilence(condition: RuleCondition): EvaluationResult {
  return condition.kind === 'log_count' ? judge(condition, { value: 0 }) : { outcome: 'no_data' };
}

function compares(value: number, operator: Operator, threshold: number): boolean {
  switch (operator) {
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    case '==':
      return value === threshold;
    case '!=':
      return value !== threshold;
  }
}
