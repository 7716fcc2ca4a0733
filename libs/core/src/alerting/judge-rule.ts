import { type WindowValue, evaluateRule } from './evaluate-rule';
import { labelsText } from './labels-text';
import { nextRuleState } from './next-rule-state';
import type { Rule } from './rule';
import type { StoredRuleState, Transition } from './rule-state';
import { toTransition } from './to-transition';

export interface Judgement {
  readonly states: readonly StoredRuleState[];
  readonly transitions: readonly Transition[];
  /** Services that were left out, because the rule has as many label sets as one rule may have. */
  readonly leftOut: number;
}

/** A rule grouped by a field that someone fills with random names must not fill the catalog. */
export const LABEL_SETS_MAX = 1000;

/**
 * What one rule's window at one instant does to its states. Of a rule that groups by service, quiet services are not
 * kept, unless their silence would be an alert: then they have to be remembered to be missed.
 */
export function judgeRule(
  rule: Rule,
  known: readonly StoredRuleState[],
  answers: readonly WindowValue[],
  atMs: number,
): Judgement {
  const before = new Map(known.map((state) => [labelsText(state.labels), state]));
  const remembersQuiet = !rule.condition.groupByService || alertsOnSilence(rule);
  const { judged, leftOut } = withinBounds(rule, before, answers, remembersQuiet);
  const answered = new Set(judged.map(({ serviceName }) => serviceName));
  const states: StoredRuleState[] = [];
  const transitions: Transition[] = [];
  const labelSets = known.map(({ labels }) => labels);
  for (const { labels, result } of evaluateRule(rule.condition, judged, labelSets)) {
    const previous = before.get(labelsText(labels));
    const next = nextRuleState({ rule, labels, result, atMs, ...(previous !== undefined && { previous }) });
    const wasQuiet = previous === undefined || previous.state.phase === 'inactive';
    const worthKeeping =
      remembersQuiet && (!rule.condition.groupByService || answered.has(labels['service_name']));
    if (wasQuiet && next.state.phase === 'inactive' && !worthKeeping) continue;
    const value = 'value' in result ? { value: result.value } : {};
    states.push({ ruleId: rule.id, labels, state: next.state, evaluatedAtMs: atMs, ...value });
    if (next.transition !== undefined) {
      transitions.push(toTransition(rule, labels, { ...next.transition, ...value }, atMs));
    }
  }
  return { states, transitions, leftOut };
}

function alertsOnSilence({ condition, noData }: Rule): boolean {
  const results = evaluateRule({ ...condition, groupByService: false }, [], []);
  return results.some(
    ({ result }) => result.outcome === 'breach' || (result.outcome === 'no_data' && noData === 'alert'),
  );
}

function withinBounds(
  rule: Rule,
  known: ReadonlyMap<string, StoredRuleState>,
  answers: readonly WindowValue[],
  remembersQuiet: boolean,
): { readonly judged: readonly WindowValue[]; readonly leftOut: number } {
  if (!rule.condition.groupByService) return { judged: answers, leftOut: 0 };
  const taken = [...known.values()].filter(({ state }) => remembersQuiet || state.phase !== 'inactive');
  let room = Math.max(0, LABEL_SETS_MAX - taken.length);
  const judged = answers.filter(
    ({ serviceName }) => known.has(labelsText({ service_name: serviceName ?? '' })) || room-- > 0,
  );
  return { judged, leftOut: answers.length - judged.length };
}
