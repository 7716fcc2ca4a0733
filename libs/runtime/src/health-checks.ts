import type { HealthCheck } from '../../core/src/common/health-check';

/** Everything that this process depends on. Parts add theirs when they start; /ready asks them all. */
export class HealthChecks {
  private readonly checks = new Map<string, HealthCheck>();

  add(check: HealthCheck): void {
    this.checks.set(check.name, check);
  }

  all(): readonly HealthCheck[] {
    return [...this.checks.values()];
  }
}
