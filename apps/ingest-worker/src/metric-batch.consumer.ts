import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { BatchLoop } from './batch-loop';
import { BatchLoops } from './batch-loops.provider';

@Injectable()
export class MetricBatchConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BatchLoop;

  constructor(@Inject(MetricStore) store: MetricStore, @Inject(BatchLoops) loops: BatchLoops) {
    this.loop = loops.create('metrics.ingest', (scope, batch) => store.write(scope, batch));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }
}
