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
import { toIso } from '../../libs/core/src/common/time-range';
import { RETAINED, retentionInstant } from '../../libs/core/src/projects/retention';
import { RETENTION_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import { visitProjects } from '../shared/visit-projects';
import { retentionId } from '../shared/workflow-ids';
import type { RetentionActivities, RetentionSweepInput, RetentionSweepResult } from './retention.contract';
import { retention } from './retention.workflow';

const { dropAgedDays, listAgedProjects } = proxyActivities<RetentionActivities>(RETENTION_OPTIONS);

/** Nothing waits for the space; the stores are left to those who wait for an answer. */
const PROJECTS_AT_ONCE = 2;

/**
 * Deletes what is older than its project keeps, as of the scheduled instant (retentionInstant): first the days that have aged
 * as a whole, which is nearly all, then what projects keep for a shorter time than others, record by record. What fails is
 * counted and holds up nothing else. Continues as new after each page of projects, so that its history stays short.
 */
export async function retentionSweep(input: RetentionSweepInput): Promise<RetentionSweepResult> {
  const { after } = input;
  const atMs = input.atMs ?? instantOfRun();
  const soFar = input.soFar ?? (await dropDays(atMs));
  const page = await listAgedProjects({ atMs, ...(after !== undefined && { after }) });

  const failure = 'aged records of a project were not deleted, the next run goes on';
  const { visited, failed } = await visitProjects(page.projectIds, PROJECTS_AT_ONCE, failure, (projectId) =>
    retainOnce(projectId, atMs),
  );
  const { droppedDays } = soFar;
  const result = { atMs, droppedDays, projects: soFar.projects + visited, failed: soFar.failed + failed };
  if (page.continueAfter === undefined) return result;
  return continueAsNew<typeof retentionSweep>({ atMs, after: page.continueAfter, soFar: result });
}

/** Temporal hands a run the result of the last one that ended well. */
function instantOfRun(): number {
  const scheduledMs = scheduledInstantMs();
  const previousMs = (workflowInfo().lastResult as Partial<RetentionSweepResult> | undefined)?.atMs;
  const atMs = retentionInstant(scheduledMs, previousMs);
  if (atMs < scheduledMs)
    log.warn(
      'more than a day has passed since the last run, or the clock was put forward: what has aged is deleted a day at a time',
      { as_of: toIso(atMs), scheduled: toIso(scheduledMs) },
    );
  return atMs;
}

async function dropDays(atMs: number): Promise<RetentionSweepResult> {
  let droppedDays = 0;
  let failed = 0;
  for (const retained of RETAINED) {
    try {
      droppedDays += await dropAgedDays({ retained, atMs });
    } catch (error) {
      if (isCancellation(error)) throw error;
      failed += 1;
      log.warn('aged days were not dropped, the next run does it', { kind: retained, err: error });
    }
  }
  return { atMs, droppedDays, projects: 0, failed };
}

async function retainOnce(projectId: ProjectId, atMs: number): Promise<void> {
  try {
    await executeChild(retention, {
      workflowId: retentionId(projectId),
      // Deleting goes on where the sweep is stopped: it is bounded, and safe to break off anywhere.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ projectId, atMs }],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
