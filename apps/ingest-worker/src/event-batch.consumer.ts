import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ChangeEventStore } from '../../../libs/core/src/ingest/change-event-store.port';
import type { BatchLoop } from './batch-loop';
import { BatchLoops } from './batch-loops.provider';

@Injectable()
export class EventBatchConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BatchLoop;

  constructor(@Inject(ChangeEventStore) store: ChangeEventStore, @Inject(BatchLoops) loops: BatchLoops) {
    this.loop = loops.create('events.ingest', (scope, batch) => store.write(scope, batch));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }
}
