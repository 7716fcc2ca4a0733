import { Inject, Injectable } from '@nestjs/common';
import { ChangeEventStore } from '../../../libs/core/src/ingest/change-event-store.port';
import { BatchLoops } from '../../../libs/runtime/src/batch-loops.provider';

/** Writes what is in `events.ingest` to the change event store. */
@Injectable()
export class EventBatchConsumer {
  constructor(@Inject(ChangeEventStore) store: ChangeEventStore, @Inject(BatchLoops) loops: BatchLoops) {
    loops.add('events.ingest', (scope, batch) => store.write(scope, batch));
  }
}
