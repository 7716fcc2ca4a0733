import type { HealthCheck } from '../../core/src/common/health-check';
import { RoleStatus } from '../../http/src/role-status';
import type { HealthChecks } from './health-checks';

export class ProcessStatus extends RoleStatus {
  constructor(
    readonly roles: readonly string[],
    readonly version: string,
    readonly startedAtMs: number,
    readonly metricsRequireKey: boolean,
    private readonly health: HealthChecks,
  ) {
    super();
  }

  override checks(): readonly HealthCheck[] {
    return this.health.all();
  }
}
