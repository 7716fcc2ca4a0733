import { Controller, Get, Header, HttpStatus, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toIso } from '../../core/src/common/time-range';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { ToldProblems } from '../../observability/src/told-problems';
import { AppClock } from '../../runtime/src/app-clock';
import { ApiKeyGuard } from './api-key.guard';
import { DescribeRoute } from './describe-route';
import { RoleStatus } from './role-status';
import { type CheckOutcome, runHealthChecks } from './run-health-checks';
import { SystemLoadMeter } from './system-load';
import { healthResponse, readinessResponse } from '../../contracts/src/health.contract';

const CHECK_TIMEOUT_MS = 2000;

/** What every role tells about itself. Asks for no key, so it names no addresses. */
@Controller()
export class HealthController {
  private readonly load = new SystemLoadMeter();
  private readonly told = new ToldProblems();
  private running: Promise<readonly CheckOutcome[]> | undefined;

  constructor(
    private readonly role: RoleStatus,
    private readonly metrics: AppMetrics,
    private readonly clock: AppClock,
    private readonly log: AppLogger,
    private readonly guard: ApiKeyGuard,
  ) {}

  @Get('health')
  @DescribeRoute({ summary: 'What this process is and how it is', tag: 'health', response: healthResponse })
  async health() {
    const checks = await this.check();
    return {
      status: checks.every(isUp) ? 'ok' : 'degraded',
      roles: this.role.roles,
      version: this.role.version,
      timestamp: toIso(this.clock.now()),
      uptime_seconds: this.uptimeSeconds(),
      checks: checks.map(toCheckResponse),
    };
  }

  @Get('healthz')
  @Header('content-type', 'text/plain; charset=utf-8')
  @DescribeRoute({ summary: 'Whether this process is alive: the text "ok"', tag: 'health' })
  alive(): string {
    return 'ok';
  }

  @Get('ready')
  @DescribeRoute({
    summary: 'Whether everything that this process cannot do without answers: 200 or 503',
    tag: 'health',
    response: readinessResponse,
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const checks = await this.check();
    const isReady = checks.every((check) => isUp(check) || check.isOptional);
    reply.status(isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return { ready: isReady, roles: this.role.roles, checks: checks.map(toCheckResponse) };
  }

  @Get('metrics')
  @DescribeRoute({
    summary: 'Metrics of this process: Prometheus text, or JSON where the Accept header asks for it',
    tag: 'health',
  })
  async showMetrics(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (this.role.metricsRequireKey) await this.guard.authorise(request, 'read');
    if ((request.headers.accept ?? '').includes('application/json')) {
      await reply.send(await this.metricsAsJson());
      return;
    }
    const { contentType, text } = await this.metrics.exposition();
    await reply.type(contentType).send(text);
  }

  /** The Flywatch seed's shape, with the figures that this process has. */
  private async metricsAsJson() {
    const [checks, accepted, stored, failures, inFlight] = await Promise.all([
      this.check(),
      this.metrics.total('opspilot_ingest_records_total', { outcome: 'accepted' }),
      this.metrics.total('opspilot_stored_records_total', { outcome: 'written' }),
      this.metrics.total('opspilot_store_write_failures_total'),
      this.metrics.total('opspilot_http_requests_in_flight'),
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
      system: this.load.read(performance.now()),
    };
  }

  /** Callers that ask at the same time share one round of checks. */
  private async check(): Promise<readonly CheckOutcome[]> {
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

  private uptimeSeconds(): number {
    return Math.max(0, Math.floor((this.clock.now() - this.role.startedAtMs) / 1000));
  }
}

function isUp(check: CheckOutcome): boolean {
  return check.status === 'up';
}

function toCheckResponse({ name, status, ms, reason }: CheckOutcome) {
  return { name, status, ms, ...(reason !== undefined && { reason }) };
}
