import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { MessageCluster, MessageToCluster } from '../../../core/src/logs/cluster-messages';
import type { LearnedTemplates, LearnRequest } from '../../../core/src/logs/learn-templates';
import { TemplateMining } from '../../../core/src/logs/template-mining.port';
import { OpsError } from '../../../core/src/common/errors';
import { type MiningAnswer, type MiningTask, runMiningTask } from './mining-task';

export interface ThreadTemplateMiningOptions {
  /** More characters than this go to a thread. */
  readonly maxInlineChars?: number;
  readonly maxThreads?: number;
  /** Tasks that may wait for a thread. */
  readonly maxWaiting?: number;
  readonly timeoutMs?: number;
  /** For node, such as a loader where this does not run from a build. */
  readonly execArgv?: readonly string[];
}

/**
 * Measured: 10,000 characters of the worst kind (long messages, no two alike) take 30 ms, a million some seconds; starting a
 * thread takes about 60 ms.
 */
const MAX_INLINE_CHARS = 10_000;
const MAX_THREADS = 2;
const MAX_WAITING = 16;
const TIMEOUT_MS = 60_000;
const MAX_HEAP_MB = 512;
const RETRY_AFTER_SECONDS = 5;

/** Mines in worker threads, one a task, few at a time; what is small is done at once, for less than a thread's start costs. */
export class ThreadTemplateMining extends TemplateMining {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: ThreadTemplateMiningOptions = {}) {
    super();
  }

  async cluster(messages: readonly MessageToCluster[]): Promise<readonly MessageCluster[]> {
    const chars = messages.reduce((sum, { message }) => sum + message.length, 0);
    const answer = await this.run({ kind: 'cluster', messages }, chars);
    if (answer.kind !== 'cluster') throw new Error(`a clustering was answered with ${answer.kind}`);
    return answer.clusters;
  }

  async learn(request: LearnRequest, signal: AbortSignal): Promise<LearnedTemplates> {
    const texts = [...request.messages, ...request.knownExamples, request.before?.minerState ?? ''];
    const chars = texts.reduce((sum, text) => sum + text.length, 0);
    const answer = await this.run({ kind: 'learn', request }, chars, signal);
    if (answer.kind !== 'learn') throw new Error(`learning was answered with ${answer.kind}`);
    return answer.learned;
  }

  private async run(task: MiningTask, chars: number, signal?: AbortSignal): Promise<MiningAnswer> {
    signal?.throwIfAborted();
    if (chars <= (this.options.maxInlineChars ?? MAX_INLINE_CHARS)) return runMiningTask(task);
    await this.takeTurn();
    try {
      signal?.throwIfAborted();
      return await this.inThread(task, signal);
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async takeTurn(): Promise<void> {
    const { maxThreads = MAX_THREADS, maxWaiting = MAX_WAITING } = this.options;
    if (this.running >= maxThreads) {
      if (this.waiting.length >= maxWaiting)
        throw new OpsError('overloaded', 'OPS_ANALYSIS_BUSY', 'too many analyses wait already', {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running += 1;
  }

  private inThread(task: MiningTask, signal?: AbortSignal): Promise<MiningAnswer> {
    const { timeoutMs = TIMEOUT_MS, execArgv } = this.options;
    // Of the same kind as this file: compiled where this runs from a build.
    const file = path.join(__dirname, `mining-thread${path.extname(__filename)}`);
    const worker = new Worker(file, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      ...(execArgv !== undefined && { execArgv: [...execArgv] }),
    });
    return new Promise<MiningAnswer>((resolve, reject) => {
      const onAbort = () => reject(signal?.reason as Error);
      const timer = setTimeout(() => reject(tooLong(timeoutMs)), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`a mining thread ended early, with status ${code}`)));
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
