import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  logStreamParameters,
  toLiveFilter,
  toSeedEvent,
} from '../../../libs/contracts/src/log-stream.contract';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { LogStreams } from './log-streams.provider';

type Parameters = z.output<typeof logStreamParameters>;
const tag = 'logs';

@Controller()
@RequirePermission('read')
export class LogStreamController {
  constructor(private readonly streams: LogStreams) {}

  @Get('api/logs/stream')
  @DescribeRoute({
    summary:
      'Log records as they are stored (Server-Sent Events): each as /api/logs/query shows it; an event "lost" tells how many were passed over',
    tag,
  })
  async stream(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logStreamParameters)) parameters: Parameters,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.streams.serve(scope, toLiveFilter(parameters), reply, (data) => ({ data }));
  }

  @Get('logs/stream')
  @DescribeRoute({
    summary: 'The same in the shape of Flywatch: event.provider, fly.app.name, log.level, message, timestamp',
    tag,
  })
  async seedStream(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logStreamParameters)) parameters: Parameters,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const toEvent = (line: string) => ({ data: JSON.stringify(toSeedEvent(line)) });
    await this.streams.serve(scope, toLiveFilter(parameters), reply, toEvent);
  }
}
