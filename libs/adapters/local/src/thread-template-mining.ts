import type { MessageCluster } from '../../../core/src/logs/cluster-messages';
import type { LearnedTemplates, LearnRequest } from '../../../core/src/logs/learn-templates';
import { TemplateMining } from '../../../core/src/logs/template-mining.port';
import { type AnalysisAnswer, type AnalysisTask, runAnalysisTask } from './analysis-task';
import { AnalysisThreads, type AnalysisThreadsOptions } from './analysis-threads';

export interface ThreadTemplateMiningOptions extends AnalysisThreadsOptions {
  /** More characters than this go to a thread. */
  readonly maxInlineChars?: number;
}

/** Measured: 10,000 characters of the worst kind (long messages, no two alike) take 30 ms, a million some seconds. */
const MAX_INLINE_CHARS = 10_000;

/** Mines in worker threads; what is small is done at once, for less than a thread's start costs. */
export class ThreadTemplateMining extends TemplateMining {
  private readonly threads: AnalysisThreads;

  constructor(private readonly options: ThreadTemplateMiningOptions = {}) {
    super();
    this.threads = new AnalysisThreads(options);
  }

  async cluster(messages: readonly string[]): Promise<readonly MessageCluster[]> {
    const answer = await this.run({ kind: 'cluster', messages }, charsOf(messages));
    if (answer.kind !== 'cluster') throw new Error(`a clustering was answered with ${answer.kind}`);
    return answer.clusters;
  }

  async learn(request: LearnRequest, signal: AbortSignal): Promise<LearnedTemplates> {
    const texts = [...request.messages, ...request.knownExamples, request.before?.minerState ?? ''];
    const answer = await this.run({ kind: 'learn', request }, charsOf(texts), signal);
    if (answer.kind !== 'learn') throw new Error(`learning was answered with ${answer.kind}`);
    return answer.learned;
  }

  private async run(task: AnalysisTask, chars: number, signal?: AbortSignal): Promise<AnalysisAnswer> {
    signal?.throwIfAborted();
    if (chars <= (this.options.maxInlineChars ?? MAX_INLINE_CHARS)) return runAnalysisTask(task);
    return this.threads.run(task, signal);
  }
}

function charsOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
