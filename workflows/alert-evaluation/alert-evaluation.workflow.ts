import { proxyActivities } from '@temporalio/workflow';
import { EVALUATION_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import type {
  AlertEvaluationActivities,
  AlertEvaluationInput,
  ShardEvaluation,
} from './alert-evaluation.contract';

const { evaluateShard } = proxyActivities<AlertEvaluationActivities>(EVALUATION_OPTIONS);

/**
 * One tick of one shard: evaluates the rules of one interval as of the scheduled instant. The instant comes from the
 * Schedule, so a run that starts late or again judges the same windows; a run started by hand takes the interval it is in.
 */
export async function alertEvaluation(input: AlertEvaluationInput): Promise<ShardEvaluation> {
  const intervalMs = input.intervalSeconds * 1000;
  const scheduledAtMs = Math.floor(scheduledInstantMs() / intervalMs) * intervalMs;
  return evaluateShard({ ...input, scheduledAtMs });
}
