import { letHeapGrow } from '../../../libs/runtime/src/let-heap-grow';
import { runRole } from '../../../libs/runtime/src/run-role';
import { IngestWorkerModule } from './ingest-worker.module';

letHeapGrow();
void runRole('ingest-worker', IngestWorkerModule);
