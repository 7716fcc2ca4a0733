import { runRole } from '../../../libs/runtime/src/run-role';
import { IngestModule } from './ingest.module';

void runRole('ingest', IngestModule);
