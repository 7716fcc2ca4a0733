import { runRole } from '../../../libs/runtime/src/run-role';
import { letHeapGrow } from '../../../libs/runtime/src/tune-garbage-collection';
import { IngestModule } from './ingest.module';

letHeapGrow();
void runRole('ingest', IngestModule);
