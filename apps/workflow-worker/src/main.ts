import 'reflect-metadata';
import { runRole } from '../../../libs/runtime/src/run-role';
import { WorkflowWorkerModule } from './workflow-worker.module';

void runRole('workflow-worker', WorkflowWorkerModule);
