import {
  type NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { deliveryQueueOf, gatherQueueOf, modelQueueOf } from '../../../workflows/shared/task-queue.contract';

/** Activities at the same time: they wait for the stores, whose connections are the limit that counts. */
const ACTIVITIES_AT_ONCE = 30;
/** They wait for others, and cost next to nothing meanwhile. */
const DELIVERIES_AT_ONCE = 100;
/** What some three investigations ask at once; the others wait for their turn. */
const GATHERING_AT_ONCE = 20;
/** Where many incidents open at once, a model is not asked about all of them in the same moment. */
const MODEL_QUESTIONS_AT_ONCE = 5;
/** Each takes hundreds of tasks a second; all that wait in vain cost the process a little. */
const FEW_POLLERS = { maxConcurrentActivityTaskPolls: 2 };

export interface WorkersOptions extends Pick<
  WorkerOptions,
  'namespace' | 'taskQueue' | 'identity' | 'shutdownGraceTime' | 'shutdownForceTime'
> {
  readonly connection: NativeConnection;
  readonly workflowBundle: WorkflowBundleOption;
  readonly activities: object;
}

/**
 * One worker for each queue of ours: the task queue, which has the workflows, and those beside it (task-queue.contract.ts). Each serves
 * all activities, so that what another version has put into another queue is done too.
 */
export async function createWorkers(options: WorkersOptions): Promise<readonly Worker[]> {
  const { workflowBundle, taskQueue, ...shared } = options;
  const workers: Worker[] = [];
  const add = async (queue: string, activitiesAtOnce: number, more: Partial<WorkerOptions> = {}) => {
    const own = { taskQueue: queue, maxConcurrentActivityTaskExecutions: activitiesAtOnce };
    workers.push(await Worker.create({ ...shared, ...own, ...more }));
  };
  try {
    await add(taskQueue, ACTIVITIES_AT_ONCE, { workflowBundle });
    await add(deliveryQueueOf(taskQueue), DELIVERIES_AT_ONCE, FEW_POLLERS);
    await add(gatherQueueOf(taskQueue), GATHERING_AT_ONCE, FEW_POLLERS);
    await add(modelQueueOf(taskQueue), MODEL_QUESTIONS_AT_ONCE, FEW_POLLERS);
  } catch (error) {
    // One that never ran would hold the connection for ever.
    await Promise.allSettled(workers.map((worker) => worker.runUntil(Promise.resolve())));
    throw error;
  }
  return workers;
}

/** Runs them until `work` is over; one that ends by itself ends the others. Errors: the first that any of them meets. */
export async function runWorkers(
  workers: readonly Worker[],
  work: (oneEnded: AbortSignal) => Promise<void>,
): Promise<void> {
  const oneEnded = new AbortController();
  const done = work(oneEnded.signal);
  const ends = await Promise.allSettled(
    workers.map((worker) => worker.runUntil(done).finally(() => oneEnded.abort())),
  );
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
