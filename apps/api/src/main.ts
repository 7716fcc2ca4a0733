import { runRole } from '../../../libs/runtime/src/run-role';
import { letHeapGrow } from '../../../libs/runtime/src/tune-garbage-collection';
import { ApiModule } from './api.module';

// Pages of records come as buffers: without this, a slow garbage collection for every hundred of them (measured: a fifth of the CPU).
letHeapGrow();
void runRole('api', ApiModule);
