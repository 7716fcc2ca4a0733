import { Module } from '@nestjs/common';
import { BatchLoops } from './batch-loops.provider';
import { ConsumerMetrics } from './consumer-metrics';

/** For roles that take from a queue. Several of them in one process share it. */
@Module({ providers: [ConsumerMetrics, BatchLoops], exports: [BatchLoops] })
export class BatchLoopsModule {}
