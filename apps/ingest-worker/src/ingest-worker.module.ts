import { Module } from '@nestjs/common';
import { BatchLoops } from './batch-loops.provider';
import { ConsumerMetrics } from './consumer-metrics';
import { EventBatchConsumer } from './event-batch.consumer';
import { LogBatchConsumer } from './log-batch.consumer';
import { MetricBatchConsumer } from './metric-batch.consumer';
import { StoreUpkeep } from './store-upkeep';

/** Moves batches from the queue into the stores. Ports, configuration, clock and log come from the runtime module. */
@Module({
  providers: [
    ConsumerMetrics,
    BatchLoops,
    StoreUpkeep,
    LogBatchConsumer,
    MetricBatchConsumer,
    EventBatchConsumer,
  ],
})
export class IngestWorkerModule {}
