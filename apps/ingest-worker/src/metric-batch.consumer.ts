import { Inject, Injectable } from '@nestjs/common';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { BatchLoops } from '../../../libs/runtime/src/batch-loops.provider';

/**
 * Writes what is in `metrics.ingest` to the metric store, in batches that are larger than those of other records: the more samples a write
 * has of each series, the fewer pages of the index it meets for each.
 */
@Injectable()
export class MetricBatchConsumer {
  constructor(
    @Inject(MetricStore) store: MetricStore,
    @Inject(BatchLoops) loops: BatchLoops,
    @Inject(AppConfig) { values }: AppConfig,
  ) {
    loops.add('metrics.ingest', (scope, batch) => store.write(scope, batch), {
      maxRecords: values.WORKER_BATCH_SAMPLES,
      gatherMs: values.WORKER_GATHER_MS,
    });
  }
}
