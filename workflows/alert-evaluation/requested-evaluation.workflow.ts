import { proxyActivities, sleep } from '@temporalio/workflow';
import { REQUESTED_EVALUATION_OPTIONS } from '../shared/activity-options';
import type {
  RequestedEvaluationActivities,
  RequestedEvaluationInput,
  RequestedEvaluationResult,
} from './requested-evaluation.contract';

const { evaluateRequested } = proxyActivities<RequestedEvaluationActivities>(REQUESTED_EVALUATION_OPTIONS);

/**
 * Evaluates a project's rules at an instant that somebody asked for, once it has come: until then, records of before the
 * request may still be on their way.
 */
export async function requestedEvaluation(
  input: RequestedEvaluationInput,
): Promise<RequestedEvaluationResult> {
  const waitMs = input.evaluateAtMs - Date.now();
  if (waitMs > 0) await sleep(waitMs);
  return evaluateRequested(input);
}
