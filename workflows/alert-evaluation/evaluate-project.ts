import type { Logger } from '../../libs/observability/src/app-logger';
import type { EvaluationCursorStore } from '../../libs/core/src/alerting/evaluation-cursor-store.port';
import type { RuleStateStore } from '../../libs/core/src/alerting/rule-state-store.port';
import type { RuleStore } from '../../libs/core/src/alerting/rule-store.port';
import type { TransitionHandover } from '../../libs/core/src/alerting/transition-handover.port';
import type { AnomalyLabelStore } from '../../libs/core/src/anomalies/anomaly-label-store.port';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import type { AlertingMetrics } from './alerting-metrics';
import { labelsText } from '../../libs/core/src/alerting/labels-text';
import { type Judgement, judgeRule } from '../../libs/core/src/alerting/judge-rule';
import type { IntervalSeconds, Rule } from '../../libs/core/src/alerting/rule';
import type { StoredRuleState, Transition } from '../../libs/core/src/alerting/rule-state';
import { dueInstants } from '../../libs/core/src/alerting/scheduled-instants';
import type { RuleId } from '../../libs/core/src/common/ids';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { answerWindows } from './answer-windows';

/** Missed instants made up for in one run; the rest waits for the next, so that a long outage does not delay other projects. */
const INSTANTS_PER_RUN = 120;
/** A run that ends may have been overtaken by all that came while it lasted, ten minutes at most. */
const AHEAD_MS = 20 * 60_000;

export interface ProjectEvaluationDependencies {
  readonly rules: RuleStore;
  readonly states: RuleStateStore;
  readonly cursors: EvaluationCursorStore;
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  /** Their times are left out of what anomaly rules learn from. */
  readonly incidentStore: IncidentStore;
  readonly anomalyLabels: AnomalyLabelStore;
  readonly handover: TransitionHandover;
  readonly logger: Logger;
  readonly counters: AlertingMetrics;
  /** Windows end this long before the instant, for records that are still on their way. */
  readonly delayMs: number;
  readonly catchUpMs: number;
}

export interface ProjectEvaluationRequest {
  readonly intervalSeconds: IntervalSeconds;
  /** The instant that the schedule has come to: a multiple of the interval. */
  readonly scheduledAtMs: number;
  /** An instant between that and the next multiple, which somebody asked for. */
  readonly requestedAtMs?: number;
}

export interface ProjectEvaluation {
  readonly evaluations: number;
  readonly transitions: readonly Transition[];
  /** Whether instants of the schedule are left for another run. A requested one is not judged before them. */
  readonly isBehind: boolean;
  /** What is done, or has not begun, is later than the scheduled instant by more than late or repeated runs explain. */
  readonly isAhead: boolean;
}

interface Instant {
  readonly intervalSeconds: IntervalSeconds;
  readonly atMs: number;
  /** The instant before it: everything up to that one is judged and handed over. */
  readonly afterMs: number;
  readonly isRequested: boolean;
}

type InstantEvaluation = Pick<ProjectEvaluation, 'evaluations' | 'transitions'>;

/** By rule, then by labels. */
type States = Map<RuleId, Map<string, StoredRuleState>>;

/**
 * Evaluates one project's rules of one interval at every instant that is due, in order. Each instant is judged, saved,
 * handed over and only then marked as done, so that a crash anywhere leaves it due: the next run finds what was saved,
 * does not judge it again, and hands it over. Undefined where the project has no rules of the interval.
 *
 * An instant that somebody asked for comes after all of the schedule's before it, and moves the cursor like them; the
 * schedule's later instants stay due. It is given up where a later instant was claimed meanwhile, whose evaluation judges what is newer.
 * Errors: whatever a store or Temporal throws; the instants that were not done stay due.
 */
export async function evaluateProject(
  deps: ProjectEvaluationDependencies,
  scope: ProjectScope,
  request: ProjectEvaluationRequest,
  signal: AbortSignal,
): Promise<ProjectEvaluation | undefined> {
  const { intervalSeconds, scheduledAtMs, requestedAtMs } = request;
  const rules = await deps.rules.listEnabled(scope, intervalSeconds);
  if (rules.length === 0) return undefined;
  await deps.cursors.claim(scope, intervalSeconds, requestedAtMs ?? scheduledAtMs);
  // Where nothing was ever evaluated, the first runs may have failed: all is due since there is a rule.
  const oldestRuleMs = rules.reduce((oldest, { updatedAtMs }) => Math.min(oldest, updatedAtMs), Infinity);
  const cursorMs = (await deps.cursors.load(scope, intervalSeconds)) ?? oldestRuleMs;
  const { instants, givenUp, isBehind } = dueInstants({
    intervalSeconds,
    scheduledAtMs,
    ...(requestedAtMs !== undefined && { requestedAtMs }),
    cursorMs,
    catchUpMs: deps.catchUpMs,
    limit: INSTANTS_PER_RUN,
  });
  if (givenUp > 0) reportGivenUp(deps, scope, rules, givenUp, cursorMs);
  const isAhead = cursorMs - scheduledAtMs > AHEAD_MS;
  if (instants.length === 0) return { evaluations: 0, transitions: [], isBehind, isAhead };

  const ruleIds = rules.map(({ id }) => id);
  const states = byRule(await deps.states.load(scope, ruleIds));
  let evaluations = 0;
  let afterMs = cursorMs;
  let transitions: readonly Transition[] = [];
  for (const atMs of instants) {
    signal.throwIfAborted();
    const instant = { intervalSeconds, atMs, afterMs, isRequested: atMs > scheduledAtMs };
    const done = await evaluateInstant(deps, scope, rules, states, instant, signal);
    if (done === undefined) break;
    await deps.handover.deliver(scope, done.transitions);
    await deps.cursors.advance(scope, intervalSeconds, atMs);
    afterMs = atMs;
    evaluations += done.evaluations;
    transitions = [...transitions, ...done.transitions];
  }
  return { evaluations, transitions, isBehind, isAhead };
}

/**
 * Judges and saves what an earlier attempt has not; what it has saved comes back from the store, also that of a requested
 * instant in between. Undefined where a requested instant was overtaken.
 */
async function evaluateInstant(
  deps: ProjectEvaluationDependencies,
  scope: ProjectScope,
  rules: readonly Rule[],
  states: States,
  { intervalSeconds, atMs, afterMs, isRequested }: Instant,
  signal: AbortSignal,
): Promise<InstantEvaluation | undefined> {
  const isSavedSince = (instantMs: number, { id }: Rule) =>
    statesOf(states, id).some(({ evaluatedAtMs }) => evaluatedAtMs >= instantMs);
  // A rule is not judged at instants before its last change: they passed under another rule.
  const due = rules.filter((rule) => rule.updatedAtMs <= atMs && !isSavedSince(atMs, rule));
  const hasSaved = rules.some((rule) => isSavedSince(afterMs + 1, rule));
  const { states: nextStates, transitions } = await judge(deps, scope, due, states, atMs, signal);
  if (isRequested) {
    if (!(await deps.states.saveRequested(scope, intervalSeconds, atMs, nextStates, transitions)))
      return undefined;
  } else if (nextStates.length > 0) await deps.states.save(scope, atMs, nextStates, transitions);
  for (const state of nextStates) remember(states, state);

  if (transitions.length === 0 && !hasSaved) return { evaluations: due.length, transitions };
  const ruleIds = rules.map(({ id }) => id);
  return {
    evaluations: due.length,
    transitions: await deps.states.transitionsBetween(scope, afterMs, atMs, ruleIds),
  };
}

async function judge(
  deps: ProjectEvaluationDependencies,
  scope: ProjectScope,
  due: readonly Rule[],
  states: States,
  atMs: number,
  signal: AbortSignal,
): Promise<Pick<Judgement, 'states' | 'transitions'>> {
  if (due.length === 0) return { states: [], transitions: [] };
  const answers = await answerWindows(deps, scope, due, atMs, deps.delayMs, signal);
  const judgements = due.map((rule) => {
    const judgement = judgeRule(rule, statesOf(states, rule.id), answers.get(rule.id) ?? [], atMs);
    if (judgement.leftOut > 0) {
      deps.logger.warn(
        { project_id: scope.projectId, rule_id: rule.id, left_out: judgement.leftOut },
        'rule has too many services, some are not judged',
      );
    }
    return judgement;
  });
  return {
    states: judgements.flatMap((judgement) => judgement.states),
    transitions: judgements.flatMap((judgement) => judgement.transitions),
  };
}

function reportGivenUp(
  deps: ProjectEvaluationDependencies,
  scope: ProjectScope,
  rules: readonly Rule[],
  givenUp: number,
  cursorMs: number,
): void {
  // After a time without rules the cursor lags, but then no rule of today has missed anything.
  if (!rules.some(({ updatedAtMs }) => updatedAtMs <= cursorMs)) return;
  deps.counters.givenUp.inc(givenUp);
  deps.logger.warn(
    { project_id: scope.projectId, instants: givenUp },
    'evaluations were missed too long ago to be made up for',
  );
}

function byRule(stored: readonly StoredRuleState[]): States {
  const states: States = new Map();
  for (const state of stored) remember(states, state);
  return states;
}

function statesOf(states: States, ruleId: RuleId): readonly StoredRuleState[] {
  return [...(states.get(ruleId)?.values() ?? [])];
}

function remember(states: States, state: StoredRuleState): void {
  const ofRule = states.get(state.ruleId) ?? new Map<string, StoredRuleState>();
  states.set(state.ruleId, ofRule.set(labelsText(state.labels), state));
}
