import type { Logger } from '../../../observability/src/app-logger';
import type { BrokerProblem } from './describe-broker-problem';

/** Says each problem once, however many connections and channels meet it, and once more when it is over. */
export class BrokerProblems {
  private readonly bySource = new Map<string, BrokerProblem>();

  constructor(private readonly log: Pick<Logger, 'error' | 'info'>) {}

  report(source: string, problem: BrokerProblem, cause?: unknown): void {
    const isKnown = [...this.bySource.values()].some(({ text }) => text === problem.text);
    this.bySource.set(source, problem);
    if (isKnown) return;
    this.log.error(
      { problem: problem.text, advice: problem.advice, ...(cause !== undefined && { err: cause }) },
      'rabbitmq cannot be used',
    );
  }

  solved(source: string): void {
    if (this.bySource.delete(source) && this.bySource.size === 0) this.log.info('rabbitmq can be used again');
  }

  /** What is wrong now; undefined where nothing is. */
  current(): BrokerProblem | undefined {
    return this.bySource.values().next().value;
  }
}
