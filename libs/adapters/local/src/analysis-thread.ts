import { parentPort, workerData } from 'node:worker_threads';
import { type AnalysisTask, runAnalysisTask } from './analysis-task';

/** The code of a thread: one task, one answer, and its end. */
parentPort?.postMessage(runAnalysisTask(workerData as AnalysisTask));
