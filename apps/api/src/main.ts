import { runRole } from '../../../libs/runtime/src/run-role';
import { ApiModule } from './api.module';

void runRole('api', ApiModule);
