import { Controller, Get, Header, HttpStatus, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toIso } from '../../core/src/common/time-range';
import { AppMetrics } from '../../observability/src/app-metrics';
import { AppClock } from '../../runtime/src/app-clock';
import { ApiKeyGuard } from './api-key.guard';
import { DescribeRoute } from './describe-route';
import { isUp, RoleReport } from './role-report';
import { RoleStatus } from './role-status';
import type { CheckOutcome } from './run-health-checks';
import { healthResponse, readinessResponse } from '../../contracts/src/health.contract';

/** What every role tells about itself. Asks for no key, so it names no addresses. */
@Controller()
export class HealthController {
  constructor(
    private readonly role: RoleStatus,
    private readonly metrics: AppMetrics,
    private readonly clock: AppClock,
    private readonly report: RoleReport,
    private readonly guard: ApiKeyGuard,
  ) {}

  @Get('health')
  @DescribeRoute({ summary: 'What this process is and how it is', tag: 'health', response: healthResponse })
  async health() {
    const checks = await this.report.check();
    return {
      status: checks.every(isUp) ? 'ok' : 'degraded',
      roles: this.role.roles,
      version: this.role.version,
      timestamp: toIso(this.clock.now()),
      uptime_seconds: this.report.uptimeSeconds(),
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
    const checks = await this.report.check();
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
      await reply.send(await this.report.metricsAsJson());
      return;
    }
    const { contentType, text } = await this.metrics.exposition();
    await reply.type(contentType).send(text);
  }
}

function toCheckResponse({ name, status, ms, reason }: CheckOutcome) {
  return { name, status, ms, ...(reason !== undefined && { reason }) };
}
