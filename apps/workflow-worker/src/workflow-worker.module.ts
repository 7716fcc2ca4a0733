import { Module } from '@nestjs/common';
import { WorkflowActivities } from './activities.provider';
import { TemporalWorker } from './temporal-worker.provider';

/** Runs workflows and their activities. Needs the global RuntimeModule beside it. */
@Module({ providers: [WorkflowActivities, TemporalWorker] })
export class WorkflowWorkerModule {}
