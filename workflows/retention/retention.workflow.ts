import { proxyActivities } from '@temporalio/workflow';
import { RETAINED } from '../../libs/core/src/projects/retention';
import { RETENTION_OPTIONS } from '../shared/activity-options';
import type { RetentionActivities, RetentionInput, RetentionResult } from './retention.contract';

const { deleteAged } = proxyActivities<RetentionActivities>(RETENTION_OPTIONS);

/**
 * Deletes what a project has that is older than it keeps: logs and metrics, whatever becomes of the other. Fails where one of
 * them failed; the next run goes on.
 */
export async function retention({ projectId, atMs }: RetentionInput): Promise<RetentionResult> {
  const outcomes = await Promise.allSettled(
    RETAINED.map((retained) => deleteAged({ projectId, atMs, retained })),
  );
  let deleted = 0;
  let isDone = true;
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
    deleted += outcome.value.deleted;
    isDone &&= outcome.value.isDone;
  }
  return { deleted, isDone };
}
