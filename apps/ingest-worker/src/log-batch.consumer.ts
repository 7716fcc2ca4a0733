import { Inject, Injectable } from '@nestjs/common';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { BatchLoops } from './batch-loops.provider';

/** Writes what is in `logs.ingest` to the log store. */
@Injectable()
export class LogBatchConsumer {
  constructor(@Inject(LogStore) store: LogStore, @Inject(BatchLoops) loops: BatchLoops) {
    loops.add('logs.ingest', (scope, batch) => store.write(scope, batch));
  }
}
