import { INTERVALS_SECONDS } from '../../libs/core/src/alerting/rule';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { OpsError } from '../../libs/core/src/common/errors';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { asActivities } from '../shared/activity-failure';
import { heartbeatWhile } from '../shared/heartbeat-while';
import { type ProjectEvaluationDependencies, evaluateProject } from './evaluate-project';
import type {
  RequestedEvaluationActivities,
  RequestedEvaluationInput,
  RequestedEvaluationResult,
} from './requested-evaluation.contract';

/** Transitions repeated in a run's result, for people; all of them go to the handover. */
const TRANSITIONS_SHOWN = 20;

export function createRequestedEvaluationActivities(
  deps: ProjectEvaluationDependencies,
): RequestedEvaluationActivities {
  return asActivities({
    evaluateRequested: (input: RequestedEvaluationInput) =>
      heartbeatWhile(async (signal) => {
        const { origin } = input;
        try {
          const result = await evaluateRequested(deps, input, signal);
          deps.counters.requested.inc({ origin, outcome: 'evaluated' });
          return result;
        } catch (error) {
          deps.counters.requested.inc({ origin, outcome: 'failed' });
          throw error;
        }
      }),
  });
}

/** One interval after the other, the shortest first: their rules change soonest. */
async function evaluateRequested(
  deps: ProjectEvaluationDependencies,
  { projectId, evaluateAtMs }: RequestedEvaluationInput,
  signal: AbortSignal,
): Promise<RequestedEvaluationResult> {
  let evaluations = 0;
  let isBehind = false;
  let transitions: readonly Transition[] = [];
  for (const intervalSeconds of INTERVALS_SECONDS) {
    const intervalMs = intervalSeconds * 1000;
    const scheduledAtMs = Math.floor(evaluateAtMs / intervalMs) * intervalMs;
    const request = { intervalSeconds, scheduledAtMs, requestedAtMs: evaluateAtMs };
    const done = await evaluateProject(deps, scopeOfProject(projectId), request, signal);
    if (done === undefined) continue;
    evaluations += done.evaluations;
    isBehind ||= done.isBehind;
    transitions = [...transitions, ...done.transitions];
  }
  deps.counters.evaluations.inc(evaluations);
  for (const { kind } of transitions) deps.counters.transitions.inc({ kind });
  if (isBehind) {
    const detail = 'instants of the schedule before the requested one are left, trying again';
    throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', detail);
  }
  return {
    evaluateAtMs,
    evaluations,
    transitions: transitions.length,
    firstTransitions: transitions.slice(0, TRANSITIONS_SHOWN),
  };
}
