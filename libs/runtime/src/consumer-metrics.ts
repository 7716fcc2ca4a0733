import { Inject, Injectable } from '@nestjs/common';
import {
  INGEST_QUEUES,
  IngestQueue,
  type IngestQueueName,
  type LaneDepth,
  type QueueDepth,
} from '../../core/src/ingest/ingest-queue.port';
import { QUEUE_LANES } from '../../core/src/ingest/queue-lane';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { DURATION_BUCKETS_SECONDS } from '../../observability/src/metrics';
import { ToldProblems } from '../../observability/src/told-problems';

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
  private readonly told = new ToldProblems();

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
    this.watchLanes(
      metrics,
      'opspilot_queue_lane_messages',
      'Messages that wait, by lane: what is new (fresh) apart from what is late (backlog)',
      (depth) => depth.messages,
    );
    this.watchLanes(metrics, 'opspilot_queue_lane_bytes', 'Bytes that wait, by lane', (depth) => depth.bytes);
    this.watchLanes(
      metrics,
      'opspilot_queue_lane_oldest_seconds',
      'Age of the oldest message, by lane',
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
      collect: (gauge) =>
        this.eachDepth((queue, depth) => {
          if (depth === undefined) gauge.remove({ queue });
          else gauge.set({ queue }, read(depth));
        }),
    });
  }

  /** Nothing where the engine has no lanes. */
  private watchLanes(
    metrics: AppMetrics,
    name: string,
    help: string,
    read: (depth: LaneDepth) => number,
  ): void {
    metrics.gauge({
      name,
      help,
      labels: ['queue', 'lane'],
      collect: (gauge) =>
        this.eachDepth((queue, depth) => {
          for (const lane of QUEUE_LANES)
            if (depth?.lanes === undefined) gauge.remove({ queue, lane });
            else gauge.set({ queue, lane }, read(depth.lanes[lane]));
        }),
    });
  }

  /** All at once: the gauges share one count a queue, and a database that hangs holds up a scrape only once. */
  private async eachDepth(
    collect: (queue: IngestQueueName, depth: QueueDepth | undefined) => void,
  ): Promise<void> {
    await Promise.all(INGEST_QUEUES.map(async (queue) => collect(queue, await this.depthIfKnown(queue))));
  }

  private async depthIfKnown(queue: IngestQueueName): Promise<QueueDepth | undefined> {
    try {
      const depth = await this.queue.depth(queue);
      this.told.isOver(queue);
      return depth;
    } catch (error) {
      // The other metrics are worth most when an engine is down.
      if (this.told.isNews(queue, error)) this.log.warn({ err: error, queue }, 'queue depth unknown');
      return undefined;
    }
  }
}
