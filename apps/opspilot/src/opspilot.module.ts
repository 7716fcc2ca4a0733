import { type DynamicModule, Module } from '@nestjs/common';
import { HealthModule } from '../../../libs/http/src/health.module';
import { type RuntimeOptions, RuntimeModule } from '../../../libs/runtime/src/runtime.module';
import { ApiModule } from '../../api/src/api.module';
import { IngestModule } from '../../ingest/src/ingest.module';
import { IngestWorkerModule } from '../../ingest-worker/src/ingest-worker.module';
import { WorkflowWorkerModule } from '../../workflow-worker/src/workflow-worker.module';

export const ROLES = ['ingest', 'api', 'ingest-worker', 'workflow-worker'] as const;

/** All roles in one process, behind one address. */
@Module({})
export class OpsPilotModule {
  static forRoot(options: Omit<RuntimeOptions, 'roles'>): DynamicModule {
    return {
      module: OpsPilotModule,
      imports: [
        RuntimeModule.forRoot({ ...options, roles: ROLES }),
        IngestModule,
        ApiModule,
        IngestWorkerModule,
        WorkflowWorkerModule,
        HealthModule,
      ],
    };
  }
}
