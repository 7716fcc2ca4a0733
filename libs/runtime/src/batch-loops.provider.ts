import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { OpsError } from '../../core/src/common/errors';
import { IngestQueue, type IngestQueueName } from '../../core/src/ingest/ingest-queue.port';
import { AppLogger } from '../../observability/src/app-logger';
import { AppConfig } from './app-config';
import { HealthChecks } from './health-checks';
import { BatchLoop } from './batch-loop';
import { ConsumerMetrics } from './consumer-metrics';
import type { WriteBatch } from './store-batch';

/** Where a store is better served by other batches than those of most. */
interface BatchSize {
  readonly maxRecords?: number;
  /** As in BatchLoopOptions. */
  readonly gatherMs?: number;
}

/** Makes the loop of each consumer, lets /ready ask it, and runs all of them as long as the application runs. */
@Injectable()
export class BatchLoops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: BatchLoop[] = [];
  private readonly queueNames: IngestQueueName[] = [];

  constructor(
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(ConsumerMetrics) private readonly metrics: ConsumerMetrics,
    @Inject(HealthChecks) private readonly health: HealthChecks,
  ) {}

  /** For constructors: a loop that is added later is not started. */
  add(queueName: IngestQueueName, write: WriteBatch, { maxRecords, gatherMs = 0 }: BatchSize = {}): void {
    const { WORKER_BATCH_RECORDS, WORKER_BATCH_BYTES, WORKER_LEASE_SECONDS } = this.config.values;
    const loop = new BatchLoop({
      queue: this.queue,
      queueName,
      write,
      limits: { maxRecords: maxRecords ?? WORKER_BATCH_RECORDS, maxBytes: WORKER_BATCH_BYTES },
      leaseMs: WORKER_LEASE_SECONDS * 1000,
      gatherMs,
      log: this.log,
      metrics: this.metrics,
    });
    this.health.add({ name: `consumer ${queueName}`, check: () => loop.check() });
    this.loops.push(loop);
    this.queueNames.push(queueName);
  }

  onApplicationBootstrap(): void {
    this.health.add({ name: 'dead letters', isOptional: true, check: () => this.checkDeadLetters() });
    for (const loop of this.loops) loop.start();
  }

  /** Nothing waits for them, but somebody must look. */
  private async checkDeadLetters(): Promise<void> {
    for (const queueName of this.queueNames) {
      const { deadLetters } = await this.queue.depth(queueName);
      if (deadLetters > 0)
        throw new OpsError(
          'unavailable',
          'OPS_ENGINE_UNAVAILABLE',
          `${deadLetters} messages of ${queueName} could not be stored and are set aside: opspilot dead-letters list --queue ${queueName} says why; when that is mended, opspilot dead-letters replay --queue ${queueName} stores them; opspilot dead-letters discard gives up what can never be stored`,
        );
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}
