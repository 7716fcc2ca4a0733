import { parentPort, workerData } from 'node:worker_threads';
import { type MiningTask, runMiningTask } from './mining-task';

/** The code of a thread: one task, one answer, and its end. */
parentPort?.postMessage(runMiningTask(workerData as MiningTask));
