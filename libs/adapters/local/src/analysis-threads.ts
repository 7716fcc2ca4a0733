import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { OpsError } from '../../../core/src/common/errors';
import { Slots } from '../../../core/src/common/slots';
import type { AnalysisAnswer, AnalysisTask } from './analysis-task';

export interface AnalysisThreadsOptions {
  readonly maxThreads?: number;
  /** Tasks that may wait for a thread. */
  readonly maxWaiting?: number;
  readonly timeoutMs?: number;
  /** For node, such as a loader where this does not run from a build. */
  readonly execArgv?: readonly string[];
}

const MAX_THREADS = 2;
const MAX_WAITING = 16;
const TIMEOUT_MS = 60_000;
const MAX_HEAP_MB = 512;

/**
 * Runs heavy computing in worker threads, one a task, few at a time; starting one takes about 60 ms. Errors: OpsError
 * `overloaded` where too many wait already, `unprocessable` where it takes too long; the signal's reason when it is aborted.
 */
export class AnalysisThreads {
  private readonly slots: Slots;

  constructor(private readonly options: AnalysisThreadsOptions = {}) {
    const { maxThreads = MAX_THREADS, maxWaiting = MAX_WAITING } = options;
    this.slots = new Slots(maxThreads, maxWaiting);
  }

  async run(task: AnalysisTask, signal?: AbortSignal): Promise<AnalysisAnswer> {
    signal?.throwIfAborted();
    return this.slots.run(async () => {
      signal?.throwIfAborted();
      return this.inThread(task, signal);
    });
  }

  private inThread(task: AnalysisTask, signal?: AbortSignal): Promise<AnalysisAnswer> {
    const { timeoutMs = TIMEOUT_MS, execArgv } = this.options;
    // Of the same kind as this file: compiled where this runs from a build.
    const file = path.join(__dirname, `analysis-thread${path.extname(__filename)}`);
    const worker = new Worker(file, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      ...(execArgv !== undefined && { execArgv: [...execArgv] }),
    });
    return new Promise<AnalysisAnswer>((resolve, reject) => {
      const onAbort = () => reject(signal?.reason as Error);
      const timer = setTimeout(() => reject(tooLong(timeoutMs)), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`an analysis thread ended early, with status ${code}`)));
      worker.once('exit', () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      });
    }).finally(() => worker.terminate());
  }
}

function tooLong(timeoutMs: number): OpsError {
  return new OpsError(
    'unprocessable',
    'OPS_ANALYSIS_TOO_LONG',
    `the analysis was given up after ${timeoutMs / 1000} s`,
  );
}
