import { isDeepStrictEqual } from 'node:util';
import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Logger } from '../../../libs/observability/src/app-logger';
import { type WantedSchedule, isOurSchedule } from './wanted-schedules';

export interface Reconciliation {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
  /** Wanted ones that somebody has paused: nothing of theirs is started. */
  readonly paused: readonly string[];
}

/**
 * Makes the server have exactly the wanted schedules among ours: missing ones are created, different ones updated (a schedule
 * that a person has paused stays paused), others of ours deleted. Safe to repeat, and to run in several workers at once.
 * Errors: those of the client, where the server does not answer.
 */
export async function reconcileSchedules(
  schedules: ScheduleClient,
  wanted: readonly WantedSchedule[],
  logger: Logger,
): Promise<Reconciliation> {
  const created: string[] = [];
  const updated: string[] = [];
  const paused: string[] = [];
  for (const schedule of wanted) {
    const { change, isPaused } = await reconcileOne(schedules, schedule);
    if (isPaused) paused.push(schedule.scheduleId);
    if (change === 'created') created.push(schedule.scheduleId);
    if (change === 'updated') updated.push(schedule.scheduleId);
  }
  const deleted = await deleteOthers(schedules, new Set(wanted.map(({ scheduleId }) => scheduleId)));
  if (created.length + updated.length + deleted.length > 0) {
    logger.info({ created, updated, deleted }, 'schedules changed');
  }
  return { created, updated, deleted, paused };
}

async function reconcileOne(
  schedules: ScheduleClient,
  wanted: WantedSchedule,
): Promise<{ readonly change: 'created' | 'updated' | 'unchanged'; readonly isPaused: boolean }> {
  const handle = schedules.getHandle(wanted.scheduleId);
  try {
    const there = await handle.describe();
    const isPaused = there.state.paused;
    if (isAsWanted(there, wanted)) return { change: 'unchanged', isPaused };
    await handle.update(({ state }) => ({
      ...toOptions(wanted),
      state: { paused: state.paused, ...(state.note !== undefined && { note: state.note }) },
    }));
    return { change: 'updated', isPaused };
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
  try {
    await schedules.create({ scheduleId: wanted.scheduleId, ...toOptions(wanted) });
    return { change: 'created', isPaused: false };
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return { change: 'unchanged', isPaused: false };
    throw error;
  }
}

async function deleteOthers(schedules: ScheduleClient, wanted: ReadonlySet<string>): Promise<string[]> {
  const deleted: string[] = [];
  for await (const { scheduleId } of schedules.list()) {
    if (wanted.has(scheduleId) || !isOurSchedule(scheduleId)) continue;
    try {
      await schedules.getHandle(scheduleId).delete();
      deleted.push(scheduleId);
    } catch (error) {
      // The listing lags behind: it may be gone already.
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
  return deleted;
}

function toOptions(wanted: WantedSchedule): Omit<ScheduleOptions, 'scheduleId'> {
  return {
    spec: { intervals: [{ every: wanted.everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: wanted.workflowType,
      workflowId: wanted.scheduleId,
      taskQueue: wanted.taskQueue,
      args: [wanted.input],
      workflowExecutionTimeout: wanted.timeoutMs,
    },
    policies: { overlap: wanted.overlap, catchupWindow: wanted.catchupWindowMs },
  };
}

function isAsWanted({ spec, action, policies }: ScheduleDescription, wanted: WantedSchedule): boolean {
  const there = {
    intervals: spec.intervals?.map(({ every }) => every),
    workflowType: action.workflowType,
    taskQueue: action.taskQueue,
    input: action.args?.[0],
    timeoutMs: action.workflowExecutionTimeout,
    overlap: policies.overlap,
    catchupWindowMs: policies.catchupWindow,
  };
  const { everyMs, workflowType, taskQueue, input, timeoutMs, overlap, catchupWindowMs } = wanted;
  const want = { intervals: [everyMs], workflowType, taskQueue, input, timeoutMs, overlap, catchupWindowMs };
  return isDeepStrictEqual(there, want);
}
