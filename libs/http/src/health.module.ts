import { Module } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard';
import { HealthController } from './health.controller';

/** /health, /healthz, /ready and /metrics, for every role. Takes RoleStatus and the rest from the runtime module, which is global. */
@Module({ controllers: [HealthController], providers: [ApiKeyGuard] })
export class HealthModule {}
