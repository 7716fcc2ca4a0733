import { Module } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard';
import { HealthController } from './health.controller';
import { RoleReport } from './role-report';

/** /health, /healthz, /ready and /metrics, for every role. Takes RoleStatus and the rest from the runtime module, which is global. */
@Module({ controllers: [HealthController], providers: [ApiKeyGuard, RoleReport], exports: [RoleReport] })
export class HealthModule {}
