import { Inject, Injectable } from '@nestjs/common';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import { BatchLoops } from '../../../libs/runtime/src/batch-loops.provider';

/** Writes what is in `metrics.ingest` to the metric store. */
@Injectable()
export class MetricBatchConsumer {
  constructor(@Inject(MetricStore) store: MetricStore, @Inject(BatchLoops) loops: BatchLoops) {
    loops.add('metrics.ingest', (scope, batch) => store.write(scope, batch));
  }
}
