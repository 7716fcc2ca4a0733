import { Injectable } from '@nestjs/common';
import { toIso } from '../../core/src/common/time-range';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { ToldProblems } from '../../observability/src/told-problems';
import { AppClock } from '../../runtime/src/app-clock';
import { RoleStatus } from './role-status';
import { type CheckOutcome, runHealthChecks } from './run-health-checks';
import { SystemLoadMeter } from './system-load';

const CHECK_TIMEOUT_MS = 2000;

/** How this process and what it depends on are at the moment. */
@Injectable()
export class RoleReport {
  private readonly load = new SystemLoadMeter();
  private readonly told = new ToldProblems();
  private running: Promise<readonly CheckOutcome[]> | undefined;

  constructor(
    private readonly role: RoleStatus,
    private readonly metrics: AppMetrics,
    private readonly clock: AppClock,
    private readonly log: AppLogger,
  ) {}

  /** The Flywatch seed's shape, with the figures that this process has. */
  async metricsAsJson() {
    const [checks, accepted, stored, failures, inFlight, sse, webSockets] = await Promise.all([
      this.check(),
      this.metrics.total('opspilot_ingest_records_total', { outcome: 'accepted' }),
      this.metrics.total('opspilot_stored_records_total', { outcome: 'written' }),
      this.metrics.total('opspilot_store_write_failures_total'),
      this.metrics.total('opspilot_http_requests_in_flight'),
      this.metrics.total('opspilot_stream_connections', { kind: 'sse' }),
      this.metrics.total('opspilot_stream_connections', { kind: 'websocket' }),
    ]);
    // Ingest forwards to the queue, a worker to the stores. A process that does neither has no such figure.
    const forwarded = accepted ?? stored;
    return {
      timestamp: toIso(this.clock.now()),
      uptime_seconds: this.uptimeSeconds(),
      connected: Object.fromEntries(checks.map((check) => [check.name, isUp(check)])),
      ...(forwarded !== undefined && { messages_forwarded: forwarded }),
      ...(failures !== undefined && { subscription_errors: failures }),
      ...(inFlight !== undefined && { active_http_requests: inFlight }),
      ...(sse !== undefined && { active_sse_connections: sse }),
      ...(webSockets !== undefined && { active_ws_connections: webSockets }),
      system: this.load.read(performance.now()),
    };
  }

  /** Callers that ask at the same time share one round of checks. */
  async check(): Promise<readonly CheckOutcome[]> {
    this.running ??= runHealthChecks(this.role.checks(), CHECK_TIMEOUT_MS).finally(() => {
      this.running = undefined;
    });
    const checks = await this.running;
    for (const check of checks) this.report(check);
    return checks;
  }

  private report({ name, status, reason, cause }: CheckOutcome): void {
    if (status === 'up') {
      if (this.told.isOver(name)) this.log.info({ check: name }, 'health check succeeds again');
    } else if (this.told.isNews(name, reason ?? ''))
      this.log.warn({ check: name, reason, err: cause }, 'health check failed');
  }

  uptimeSeconds(): number {
    return Math.max(0, Math.floor((this.clock.now() - this.role.startedAtMs) / 1000));
  }
}

export function isUp(check: CheckOutcome): boolean {
  return check.status === 'up';
}
