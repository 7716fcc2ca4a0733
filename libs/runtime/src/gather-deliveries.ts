import { setTimeout as wait } from 'node:timers/promises';
import type {
  Delivery,
  IngestQueue,
  IngestQueueName,
  TakeOptions,
} from '../../core/src/ingest/ingest-queue.port';

export interface GatherOptions {
  readonly queue: IngestQueue;
  readonly queueName: IngestQueueName;
  readonly take: TakeOptions;
  readonly maxRecords: number;
  /** How long to wait for a full batch where one was taken no longer ago than that; 0 to take what there is. */
  readonly gatherMs: number;
}

/** Takes from a queue for all who write from it. */
export class GatherDeliveries {
  private last: Promise<unknown> = Promise.resolve();
  private lastTakenAtMs = -Infinity;
  private failure: unknown;

  constructor(
    private readonly options: GatherOptions,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Where a batch is to be gathered, one caller after the other does: two at once would have half a batch each. What comes alone is not
   * kept waiting. Errors: those of the queue.
   */
  next(): Promise<readonly Delivery[]> {
    const { gatherMs, take } = this.options;
    if (gatherMs === 0) return this.take(take.waitMs);
    const mine = this.last.then(() => this.gather());
    // The next one begins whatever became of this one; its own caller hears of a failure.
    this.last = mine.catch(() => undefined);
    return mine;
  }

  private async gather(): Promise<readonly Delivery[]> {
    const { gatherMs, maxRecords, take } = this.options;
    this.throwLateFailure();
    const taken = await this.take(take.waitMs);
    const isBusy = performance.now() - this.lastTakenAtMs < gatherMs;
    const records = taken.reduce((sum, { message }) => sum + message.recordCount, 0);
    const isDone = !isBusy || records === 0 || records >= maxRecords;
    // A stop ends the pause, and what was taken is still handed over.
    if (!isDone) await wait(gatherMs, undefined, { signal: this.signal }).catch(() => undefined);
    this.lastTakenAtMs = performance.now();
    return isDone ? taken : [...taken, ...(await this.takeMore())];
  }

  private take(waitMs: number): Promise<readonly Delivery[]> {
    const { queue, queueName, take } = this.options;
    return queue.take(queueName, { ...take, waitMs }, this.signal);
  }

  /** What was taken before must not be lost for a failure now: who comes next hears of it. */
  private async takeMore(): Promise<readonly Delivery[]> {
    try {
      return await this.take(0);
    } catch (error) {
      this.failure = error;
      return [];
    }
  }

  private throwLateFailure(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
