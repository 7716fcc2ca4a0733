import type { Logger } from '../../../observability/src/app-logger';
import type { BrokerProblem } from './describe-broker-problem';

/** Says each problem once, however many connections and channels meet it, and once more when it is over. */
export class BrokerProblems {
  private readonly bySource = new Map<string, BrokerProblem>();
  private readonly retries = new Map<string, () => Promise<unknown>>();

  constructor(private readonly log: Pick<Logger, 'error' | 'info'>) {}

  /** `retry`, where the source does not try again by itself, is what finds out that the problem is over. */
  report(source: string, problem: BrokerProblem, cause?: unknown, retry?: () => Promise<unknown>): void {
    if (retry !== undefined) this.retries.set(source, retry);
    const isKnown = [...this.bySource.values()].some(({ text }) => text === problem.text);
    this.bySource.set(source, problem);
    if (isKnown) return;
    this.log.error(
      { problem: problem.text, advice: problem.advice, ...(cause !== undefined && { err: cause }) },
      'rabbitmq cannot be used',
    );
  }

  solved(source: string): void {
    this.retries.delete(source);
    if (this.bySource.delete(source) && this.bySource.size === 0) this.log.info('rabbitmq can be used again');
  }

  /** Asks again whatever was refused: a process that is not ready gets no requests by which it would find out. */
  async retry(): Promise<void> {
    await Promise.allSettled([...this.retries.values()].map((retry) => retry()));
  }

  /** Whether the broker refuses something although it is there. */
  isRefused(): boolean {
    return this.retries.size > 0;
  }

  /** What is wrong now; undefined where nothing is. */
  current(): BrokerProblem | undefined {
    return this.bySource.values().next().value;
  }
}
