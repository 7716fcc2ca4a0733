import { Module } from '@nestjs/common';
import { BatchLoopsModule } from '../../../libs/runtime/src/batch-loops.module';
import { WorkflowActivities } from './activities.provider';
import { EvaluationRequestConsumer } from './evaluation-request.consumer';
import { TemporalWorker } from './temporal-worker.provider';

/** Runs workflows and their activities, and starts those that are asked for in a queue. Needs the global RuntimeModule beside it. */
@Module({
  imports: [BatchLoopsModule],
  providers: [WorkflowActivities, TemporalWorker, EvaluationRequestConsumer],
})
export class WorkflowWorkerModule {}
