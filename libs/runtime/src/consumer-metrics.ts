import { Inject, Injectable } from '@nestjs/common';
import {
  INGEST_QUEUES,
  IngestQueue,
  type IngestQueueName,
  type QueueDepth,
} from '../../core/src/ingest/ingest-queue.port';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { DURATION_BUCKETS_SECONDS } from '../../observability/src/metrics';

const BATCH_BUCKETS: readonly number[] = [1, 10, 50, 100, 500, 1000, 2500, 5000, 10_000];

interface StoredCounts {
  readonly written: number;
  readonly duplicates: number;
  readonly rejected: number;
}

/** What the consumers count, and how full the queues are. */
@Injectable()
export class ConsumerMetrics {
  private readonly records;
  private readonly batchRecords;
  private readonly writeSeconds;
  private readonly failures;

  constructor(
    @Inject(AppMetrics) metrics: AppMetrics,
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(AppLogger) private readonly log: AppLogger,
  ) {
    this.records = metrics.counter({
      name: 'opspilot_stored_records_total',
      help: 'Records taken from the queue, by what became of them: written, duplicate, rejected',
      labels: ['queue', 'outcome'],
    });
    this.batchRecords = metrics.histogram({
      name: 'opspilot_store_batch_records',
      help: 'Records in one write to a store',
      labels: ['queue'],
      buckets: BATCH_BUCKETS,
    });
    this.writeSeconds = metrics.histogram({
      name: 'opspilot_store_write_seconds',
      help: 'Time to write a batch and acknowledge it',
      labels: ['queue'],
      buckets: DURATION_BUCKETS_SECONDS,
    });
    this.failures = metrics.counter({
      name: 'opspilot_store_write_failures_total',
      help: 'Writes that failed and whose messages were given back',
      labels: ['queue'],
    });
    this.watchDepth(metrics, 'opspilot_queue_messages', 'Messages that wait', (depth) => depth.messages);
    this.watchDepth(metrics, 'opspilot_queue_bytes', 'Bytes that wait', (depth) => depth.bytes);
    this.watchDepth(
      metrics,
      'opspilot_queue_oldest_seconds',
      'Age of the oldest message',
      (depth) => depth.oldestAgeMs / 1000,
    );
    this.watchDepth(
      metrics,
      'opspilot_queue_dead_letters',
      'Messages set aside because they could not be stored',
      (depth) => depth.deadLetters,
    );
  }

  /** Returns what to call when the write has ended. */
  startWrite(queue: IngestQueueName): () => void {
    return this.writeSeconds.startTimer({ queue });
  }

  stored(queue: IngestQueueName, { written, duplicates, rejected }: StoredCounts): void {
    this.batchRecords.observe({ queue }, written + duplicates + rejected);
    this.records.inc({ queue, outcome: 'written' }, written);
    this.records.inc({ queue, outcome: 'duplicate' }, duplicates);
    this.records.inc({ queue, outcome: 'rejected' }, rejected);
  }

  failed(queue: IngestQueueName): void {
    this.failures.inc({ queue });
  }

  private watchDepth(
    metrics: AppMetrics,
    name: string,
    help: string,
    read: (depth: QueueDepth) => number,
  ): void {
    metrics.gauge({
      name,
      help,
      labels: ['queue'],
      collect: async (gauge) => {
        // All at once: the gauges share one count a queue, and a database that hangs holds up a scrape only once.
        await Promise.all(
          INGEST_QUEUES.map(async (queue) => {
            try {
              gauge.set({ queue }, read(await this.queue.depth(queue)));
            } catch (error) {
              // The other metrics are worth most when an engine is down.
              this.log.warn({ err: error, queue }, 'queue depth unknown');
              gauge.remove({ queue });
            }
          }),
        );
      },
    });
  }
}
