import { runRole } from '../../../libs/runtime/src/run-role';
import { IngestWorkerModule } from './ingest-worker.module';

void runRole('ingest-worker', IngestWorkerModule);
