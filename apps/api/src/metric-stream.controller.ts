import { Controller, Get, HttpStatus, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  liveMetricParameters,
  toLiveMetricQuery,
  toLiveMetrics,
} from '../../../libs/contracts/src/metrics.contract';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { RoleReport } from '../../../libs/http/src/role-report';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { MetricStreams } from './metric-streams.provider';
import { WebSocketStream } from './web-socket-stream';

type Parameters = z.output<typeof liveMetricParameters>;
const status = HttpStatus.SWITCHING_PROTOCOLS;

@Controller()
@RequirePermission('read')
export class MetricStreamController {
  constructor(
    private readonly streams: MetricStreams,
    private readonly metrics: MetricStore,
    private readonly role: RoleReport,
    private readonly clock: AppClock,
  ) {}

  @Get('api/metrics/ws')
  @DescribeRoute({
    summary:
      'One metric as it changes (WebSocket): once a second a text message with the newest bucket of each line that has samples in the last ten, as JSON',
    tag: 'metrics',
    status,
  })
  async webSocket(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(liveMetricParameters)) parameters: Parameters,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const key = `${scope.projectId} ${JSON.stringify(parameters)}`;
    const read = () => this.newest(scope, parameters);
    await this.streams.serve(scope, { key, read }, new WebSocketStream(reply));
  }

  @Get('metrics/ws')
  @DescribeRoute({
    summary:
      'Metrics of this process in the shape of Flywatch (WebSocket): once a second what /metrics shows as JSON',
    tag: 'health',
    status,
  })
  async seedWebSocket(@CurrentScope() scope: ProjectScope, @Res() reply: FastifyReply): Promise<void> {
    const source = { key: 'process', read: () => this.role.metricsAsJson() };
    await this.streams.serve(scope, source, new WebSocketStream(reply));
  }

  private async newest(scope: ProjectScope, parameters: Parameters) {
    const nowMs = this.clock.now();
    const query = toLiveMetricQuery(parameters, nowMs);
    return toLiveMetrics(query, await this.metrics.query(scope, query), nowMs);
  }
}
