import type { RuleId } from '../common/ids';
import { uuidOfName } from '../common/name-uuid';
import { labelsText } from './labels-text';
import type { NoDataPolicy, Rule } from './rule';
import type { AlertLabels, EvaluationResult, RuleState, Transition } from './rule-state';

export interface RuleStep {
  readonly rule: Pick<Rule, 'id' | 'intervalSeconds' | 'holdSeconds' | 'keepFiringSeconds' | 'noData'>;
  readonly labels: AlertLabels;
  /** Absent at the first evaluation of this label set. */
  readonly previous?: { readonly state: RuleState; readonly evaluatedAtMs: number };
  readonly result: EvaluationResult;
  /** The scheduled instant of this evaluation. */
  readonly atMs: number;
}

export interface NextRuleState {
  readonly state: RuleState;
  readonly transition?: Pick<Transition, 'kind' | 'episodeId' | 'sinceMs'>;
}

const INACTIVE: RuleState = { phase: 'inactive' };

/**
 * One step of the state machine inactive → pending → firing → (keep-firing) → inactive. Times are measured between
 * scheduled instants, so the answer depends on nothing but its input.
 */
export function nextRuleState(step: RuleStep): NextRuleState {
  const state = stateToContinue(step);
  const verdict = verdictOf(step.result, step.rule.noData);
  switch (state.phase) {
    case 'inactive':
      return verdict === 'holds' ? hold(step, step.atMs) : { state };
    case 'pending':
      if (verdict === 'holds') return hold(step, state.sinceMs);
      return { state: verdict === 'unknown' ? state : INACTIVE };
    case 'firing':
      return continueFiring(step, state, verdict);
  }
}

/**
 * Where instants were missed (an outage beyond the catch-up, a rule that was switched off), nobody knows whether the
 * condition held in between: a hold that was running starts anew, and so does the time to resolve.
 */
function stateToContinue({ previous, atMs, rule }: RuleStep): RuleState {
  if (previous === undefined) return INACTIVE;
  const { state } = previous;
  if (atMs - previous.evaluatedAtMs <= rule.intervalSeconds * 1000) return state;
  if (state.phase !== 'firing') return INACTIVE;
  return { phase: 'firing', sinceMs: state.sinceMs, episodeId: state.episodeId };
}

type Verdict = 'holds' | 'over' | 'unknown' | 'gone';

function verdictOf(result: EvaluationResult, noData: NoDataPolicy): Verdict {
  switch (result.outcome) {
    case 'breach':
      return 'holds';
    case 'clear':
      return 'over';
    case 'gone':
      return 'gone';
    case 'no_data':
      return ({ ok: 'over', keep: 'unknown', alert: 'holds' } as const)[noData];
  }
}

function hold({ rule, labels, atMs }: RuleStep, sinceMs: number): NextRuleState {
  if (atMs - sinceMs < rule.holdSeconds * 1000) return { state: { phase: 'pending', sinceMs } };
  const episodeId = episodeIdOf(rule.id, labels, sinceMs);
  return {
    state: { phase: 'firing', sinceMs, episodeId },
    transition: { kind: 'fired', episodeId, sinceMs },
  };
}

function continueFiring(
  { rule, atMs }: RuleStep,
  state: Extract<RuleState, { phase: 'firing' }>,
  verdict: Verdict,
): NextRuleState {
  const { sinceMs, episodeId } = state;
  if (verdict === 'unknown') return { state };
  if (verdict === 'holds') return { state: { phase: 'firing', sinceMs, episodeId } };
  const clearSinceMs = state.clearSinceMs ?? atMs;
  if (verdict === 'over' && atMs - clearSinceMs < rule.keepFiringSeconds * 1000) {
    return { state: { phase: 'firing', sinceMs, episodeId, clearSinceMs } };
  }
  return { state: INACTIVE, transition: { kind: 'resolved', episodeId, sinceMs } };
}

/** The same for every evaluation of the same stretch, on every machine and in every retry. */
function episodeIdOf(ruleId: RuleId, labels: AlertLabels, sinceMs: number): string {
  return uuidOfName(`episode:${ruleId}:${sinceMs}:${labelsText(labels)}`);
}
