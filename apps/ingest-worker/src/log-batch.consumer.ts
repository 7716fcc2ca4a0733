import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import type { BatchLoop } from './batch-loop';
import { BatchLoops } from './batch-loops.provider';

@Injectable()
export class LogBatchConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BatchLoop;

  constructor(@Inject(LogStore) store: LogStore, @Inject(BatchLoops) loops: BatchLoops) {
    this.loop = loops.create('logs.ingest', (scope, batch) => store.write(scope, batch));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }
}
