import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ParentClosePolicy,
  continueAsNew,
  executeChild,
  isCancellation,
  log,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { ProjectId } from '../../libs/core/src/common/ids';
import { LISTING_OPTIONS } from '../shared/activity-options';
import { SCHEDULED_START_TIME } from '../shared/search-attributes';
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
  const { typedSearchAttributes, startTime } = workflowInfo();
  const takenAtMs =
    input.takenAtMs ?? (typedSearchAttributes.get(SCHEDULED_START_TIME) ?? startTime).getTime();
  const page = await listShardProjects({ shard, shards, ...(after !== undefined && { after }) });

  let { taken, failed } = input.soFar ?? { taken: 0, failed: 0 };
  const waiting = page.projectIds.values();
  const lane = async () => {
    for (const projectId of waiting) {
      if (await takeOne(projectId, takenAtMs, windowMs)) taken += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: SNAPSHOTS_AT_ONCE }, lane));

  if (page.continueAfter === undefined) return { taken, failed };
  return continueAsNew<typeof snapshotSweep>({
    shard,
    shards,
    windowMs,
    takenAtMs,
    after: page.continueAfter,
    soFar: { taken, failed },
  });
}

async function takeOne(projectId: ProjectId, takenAtMs: number, windowMs: number): Promise<boolean> {
  try {
    await executeChild(snapshot, {
      workflowId: snapshotWorkflowId(projectId, takenAtMs),
      // A snapshot under way is finished even where the sweep is stopped: it is small, and half of one is of no use.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ projectId, trigger: 'scheduled', takenAtMs, windowMs }],
    });
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) return true;
    log.warn('snapshot of a project failed', { project_id: projectId, err: error });
    return false;
  }
}
