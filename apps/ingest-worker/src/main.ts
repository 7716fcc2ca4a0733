import { runRole } from '../../../libs/runtime/src/run-role';
import { tuneGarbageCollection } from '../../../libs/runtime/src/tune-garbage-collection';
import { IngestWorkerModule } from './ingest-worker.module';

tuneGarbageCollection();
void runRole('ingest-worker', IngestWorkerModule);
