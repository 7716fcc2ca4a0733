import { Inject, Injectable } from '@nestjs/common';
import { IngestQueue, type IngestQueueName } from '../../../libs/core/src/ingest/ingest-queue.port';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { HealthChecks } from '../../../libs/runtime/src/health-checks';
import { BatchLoop } from './batch-loop';
import { ConsumerMetrics } from './consumer-metrics';
import type { WriteBatch } from './store-batch';

/** Makes the loop of each consumer, and lets /ready ask it. */
@Injectable()
export class BatchLoops {
  constructor(
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(ConsumerMetrics) private readonly metrics: ConsumerMetrics,
    @Inject(HealthChecks) private readonly health: HealthChecks,
  ) {}

  create(queueName: IngestQueueName, write: WriteBatch): BatchLoop {
    const { WORKER_BATCH_RECORDS, WORKER_BATCH_BYTES, WORKER_LEASE_SECONDS } = this.config.values;
    const loop = new BatchLoop({
      queue: this.queue,
      queueName,
      write,
      limits: { maxRecords: WORKER_BATCH_RECORDS, maxBytes: WORKER_BATCH_BYTES },
      leaseMs: WORKER_LEASE_SECONDS * 1000,
      log: this.log,
      metrics: this.metrics,
    });
    this.health.add({ name: `consumer ${queueName}`, check: () => loop.check() });
    return loop;
  }
}
