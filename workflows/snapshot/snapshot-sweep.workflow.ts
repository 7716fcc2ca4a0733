import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, continueAsNew, executeChild, proxyActivities } from '@temporalio/workflow';
import type { ProjectId } from '../../libs/core/src/common/ids';
import { LISTING_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import { visitProjects } from '../shared/visit-projects';
import { snapshotWorkflowId } from '../shared/workflow-ids';
import type { SnapshotActivities, SnapshotSweepInput, SnapshotSweepResult } from './snapshot.contract';
import { snapshot } from './snapshot.workflow';

const { listShardProjects } = proxyActivities<SnapshotActivities>(LISTING_OPTIONS);

/** Enough to keep the stores busy, few enough to leave them to the people who are asking. */
const SNAPSHOTS_AT_ONCE = 4;

/**
 * Takes a snapshot of every project of a shard, as of the scheduled instant. One that fails is counted and holds up no
 * other. Continues as new after each page of projects, so that its history stays short.
 */
export async function snapshotSweep(input: SnapshotSweepInput): Promise<SnapshotSweepResult> {
  const { shard, shards, windowMs, after } = input;
  const takenAtMs = input.takenAtMs ?? scheduledInstantMs();
  const page = await listShardProjects({ shard, shards, ...(after !== undefined && { after }) });
  const failure = 'snapshot of a project failed';
  const { visited, failed } = await visitProjects(page.projectIds, SNAPSHOTS_AT_ONCE, failure, (projectId) =>
    takeOnce(projectId, takenAtMs, windowMs),
  );
  const { soFar = { taken: 0, failed: 0 } } = input;
  const result = { taken: soFar.taken + visited, failed: soFar.failed + failed };
  if (page.continueAfter === undefined) return result;
  return continueAsNew<typeof snapshotSweep>({
    shard,
    shards,
    windowMs,
    takenAtMs,
    after: page.continueAfter,
    soFar: result,
  });
}

async function takeOnce(projectId: ProjectId, takenAtMs: number, windowMs: number): Promise<void> {
  try {
    await executeChild(snapshot, {
      workflowId: snapshotWorkflowId(projectId, takenAtMs),
      // A snapshot under way is finished even where the sweep is stopped: it is small, and half of one is of no use.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ projectId, trigger: 'scheduled', takenAtMs, windowMs }],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
