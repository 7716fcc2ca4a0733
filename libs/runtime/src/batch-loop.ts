import { setTimeout as wait } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../core/src/common/backoff-delay';
import { OpsError } from '../../core/src/common/errors';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import type {
  Delivery,
  IngestQueue,
  IngestQueueName,
  ReleaseCause,
} from '../../core/src/ingest/ingest-queue.port';
import type { Logger } from '../../observability/src/app-logger';
import { ToldProblems } from '../../observability/src/told-problems';
import { type BatchLimits, type DeliveryBatch, batchDeliveries } from './batcher';
import type { ConsumerMetrics } from './consumer-metrics';
import { GatherDeliveries } from './gather-deliveries';
import { type WriteBatch, storeBatch } from './store-batch';

export interface BatchLoopOptions {
  readonly queue: IngestQueue;
  readonly queueName: IngestQueueName;
  readonly write: WriteBatch;
  readonly limits: BatchLimits;
  readonly leaseMs: number;
  /** How long to wait for a full batch where one was taken no longer ago than that; 0 to write what there is. */
  readonly gatherMs: number;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
}

/** More writes at once only queue up in the store (measured: two saturate it). */
const LANES = 2;
const MAX_MESSAGES = 1000;
const TAKE_WAIT_MS = 5000;
/** So that a backlog waits for seconds only when what it is for is back. */
const BACKOFF: Backoff = { firstMs: 200, maxMs: 10_000 };

/**
 * Takes from one queue, writes per project, acknowledges what the store has. An engine that does not answer makes it wait
 * longer and longer, never give up: what is not acknowledged stays in the queue.
 */
export class BatchLoop {
  private readonly stopping = new AbortController();
  private lanes: Promise<void>[] = [];
  private readonly deliveries: GatherDeliveries;
  private readonly rooms: SpareRooms;
  /** In a row. Counted apart: that the queue can be read says nothing about the store. */
  private readonly failures = { read: 0, write: 0 };
  private lastFailure: unknown;
  private readonly told = new ToldProblems();

  constructor(private readonly options: BatchLoopOptions) {
    const { queue, queueName, limits, leaseMs, gatherMs } = options;
    const take = { maxMessages: MAX_MESSAGES, maxBytes: limits.maxBytes, leaseMs, waitMs: TAKE_WAIT_MS };
    this.deliveries = new GatherDeliveries(
      { queue, queueName, take, maxRecords: limits.maxRecords, gatherMs },
      this.stopping.signal,
    );
    this.rooms = new SpareRooms(LANES * options.limits.maxBytes);
  }

  start(): void {
    this.lanes = Array.from({ length: LANES }, () => this.run());
  }

  /** Finishes the writes under way and acknowledges them; gives back what was taken and not begun. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.lanes);
  }

  /** Errors: the last failure, in its own words where it has any for people, until something succeeds again or nothing waits any more. */
  check(): Promise<void> {
    if (this.failures.read + this.failures.write === 0) return Promise.resolve();
    const { lastFailure: cause } = this;
    const problem = `${this.options.queueName} is not being worked off`;
    return Promise.reject(
      cause instanceof OpsError
        ? new OpsError(cause.kind, cause.code, `${problem}: ${cause.message}`, { cause })
        : new Error(problem, { cause }),
    );
  }

  private async run(): Promise<void> {
    const { queueName, log } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const deliveries = await this.deliveries.next();
        this.failures.read = 0;
        if (this.told.isOver('read')) log.info({ queue: queueName }, 'queue can be read again');
        if (deliveries.length === 0) await this.forgetWhatIsGone();
        await this.store(deliveries);
      } catch (error) {
        this.fail('read', error);
        const fields = { err: error, queue: queueName, failures: this.failures.read };
        if (this.told.isNews('read', error)) log.warn(fields, 'queue could not be read, and is tried again');
        else log.debug(fields, 'queue could still not be read');
        await this.pause();
      }
    }
  }

  /** What failed here may have been set aside since, or been stored by another worker; then nothing comes that could succeed. */
  private async forgetWhatIsGone(): Promise<void> {
    if (this.failures.write === 0) return;
    const { messages } = await this.options.queue.depth(this.options.queueName);
    if (messages > 0) return;
    this.failures.write = 0;
    this.reportRecovery();
  }

  private async store(deliveries: readonly Delivery[]): Promise<void> {
    const batches = [...batchDeliveries(deliveries, this.options.limits)];
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      if (this.stopping.signal.aborted)
        await this.giveBack([batch], { reason: 'the worker stops', delayMs: 0, isBlameless: true });
      else if (!(await this.storeOne(batch))) {
        await this.giveBack(batches, this.withoutBlame());
        await this.pause();
        return;
      }
    }
  }

  /** False where the engine does not answer, so that there is no use in going on. */
  private async storeOne(batch: DeliveryBatch): Promise<boolean> {
    const { queue, queueName, write, metrics, log } = this.options;
    const endTimer = metrics.startWrite(queueName);
    const result = await storeBatch(queue, queueName, write, batch, this.rooms);
    endTimer();
    if (result.outcome === 'stored') {
      this.failures.write = 0;
      this.reportRecovery();
      metrics.stored(queueName, result);
      const { written, duplicates, rejected } = result;
      const project_id = batch.projectId;
      if (rejected > 0)
        log.warn({ queue: queueName, project_id, rejected }, 'lines refused by the store were set aside');
      log.debug({ queue: queueName, project_id, written, duplicates, rejected }, 'batch stored');
      return true;
    }
    const fields = { err: result.error, queue: queueName, project_id: batch.projectId };
    if (result.outcome === 'failed' && batch.deliveries.length > 1) {
      log.warn(fields, 'batch failed; its messages are written one by one');
      return this.storeSingly(batch);
    }
    this.fail('write', result.error);
    metrics.failed(queueName);
    if (result.outcome === 'unavailable') {
      this.reportOutage(result.error);
      await this.giveBack([batch], this.withoutBlame());
      return false;
    }
    const [delivery] = batch.deliveries;
    log.error({ ...fields, request_id: delivery?.message.requestId }, 'message could not be stored');
    const delayMs = this.delayMs(delivery?.attempt);
    await this.giveBack([batch], { reason: reasonOf(result.error), delayMs });
    return true;
  }

  /** Once for each cause: what lasts would fill the log with repetitions, and stays visible in health and metrics. */
  private reportOutage(error: OpsError): void {
    const { log, queueName: queue } = this.options;
    if (this.told.isNews('write', error))
      log.warn({ err: error, queue }, 'batches cannot be worked off, and wait in the queue');
    else log.debug({ err: error, queue }, 'batches still wait in the queue');
  }

  private reportRecovery(): void {
    if (this.told.isOver('write'))
      this.options.log.info({ queue: this.options.queueName }, 'batches are worked off again');
  }

  /** So that one message which cannot be stored does not hold up, and finally bury, those beside it. */
  private async storeSingly(batch: DeliveryBatch): Promise<boolean> {
    const singles = batch.deliveries.map((delivery) => ({ ...batch, deliveries: [delivery] }));
    for (let single = singles.shift(); single !== undefined; single = singles.shift()) {
      if (await this.storeOne(single)) continue;
      await this.giveBack(singles, this.withoutBlame());
      return false;
    }
    return true;
  }

  /** Where this fails too, the lease ends by itself. */
  private async giveBack(batches: readonly DeliveryBatch[], cause: ReleaseCause): Promise<void> {
    const deliveries = batches.flatMap((batch) => batch.deliveries);
    if (deliveries.length === 0) return;
    const { queue, queueName, log } = this.options;
    try {
      await queue.release(queueName, deliveries, cause);
    } catch (error) {
      log.warn(
        { err: error, queue: queueName, messages: deliveries.length },
        'messages wait for their lease to end',
      );
    }
  }

  private withoutBlame(): ReleaseCause {
    return { reason: 'what it is for does not answer', delayMs: this.delayMs(), isBlameless: true };
  }

  private fail(what: 'read' | 'write', error: unknown): void {
    this.failures[what]++;
    this.lastFailure = error;
  }

  private delayMs(attempt = Math.max(this.failures.read, this.failures.write)): number {
    return backoffDelayMs(attempt, BACKOFF, Math.random());
  }

  private async pause(): Promise<void> {
    // A stop ends it, and the lanes look for one by themselves.
    await wait(this.delayMs(), undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
