import { Module } from '@nestjs/common';
import { BatchLoopsModule } from '../../../libs/runtime/src/batch-loops.module';
import { EvaluationRequestsModule } from '../../../libs/runtime/src/evaluation-requests.module';
import { ErrorHints } from './error-hints';
import { EventBatchConsumer } from './event-batch.consumer';
import { LogBatchConsumer } from './log-batch.consumer';
import { MetricBatchConsumer } from './metric-batch.consumer';
import { SettleLogs } from './settle-logs';
import { StoreUpkeep } from './store-upkeep';

/** Moves batches from the queue into the stores. Ports, configuration, clock and log come from the runtime module. */
@Module({
  imports: [BatchLoopsModule, EvaluationRequestsModule],
  providers: [StoreUpkeep, ErrorHints, SettleLogs, LogBatchConsumer, MetricBatchConsumer, EventBatchConsumer],
})
export class IngestWorkerModule {}
