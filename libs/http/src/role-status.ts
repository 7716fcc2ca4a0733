import type { HealthCheck } from '../../core/src/common/health-check';

/** What a process tells about itself. Provided by the runtime module; read by /health, /ready and /metrics. */
export abstract class RoleStatus {
  /** Every role that this process plays, such as `ingest` or `api`. */
  abstract readonly roles: readonly string[];
  abstract readonly version: string;
  abstract readonly startedAtMs: number;
  /** Whether /metrics asks for an API key (METRICS_REQUIRE_KEY). */
  abstract readonly metricsRequireKey: boolean;
  /** Everything that these roles depend on. */
  abstract checks(): readonly HealthCheck[];
}
