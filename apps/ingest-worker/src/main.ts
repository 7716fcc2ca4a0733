import { runRole } from '../../../libs/runtime/src/run-role';
import { collectEarly, letHeapGrow } from '../../../libs/runtime/src/tune-garbage-collection';
import { IngestWorkerModule } from './ingest-worker.module';

letHeapGrow();
collectEarly();
void runRole('ingest-worker', IngestWorkerModule);
