import { Controller, Get, HttpStatus, Query, Res } from '@nestjs/common';
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
import { EventStream } from './event-stream';
import { LogStreams } from './log-streams.provider';
import { WebSocketStream } from './web-socket-stream';

type Parameters = z.output<typeof logStreamParameters>;
const tag = 'logs';
const asStored = (line: string) => line;
const asFlywatch = (line: string) => JSON.stringify(toSeedEvent(line));

/** Records as they come: as Server-Sent Events and over WebSockets, each as OpsPilot and as Flywatch shows a record. */
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
    await this.streams.serve(scope, toLiveFilter(parameters), new EventStream(reply), asStored);
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
    await this.streams.serve(scope, toLiveFilter(parameters), new EventStream(reply), asFlywatch);
  }

  @Get('api/logs/ws')
  @DescribeRoute({
    summary:
      'Log records as they are stored (WebSocket): a text message for each, as /api/logs/query shows it; {"lost": n} tells how many were passed over',
    tag,
    status: HttpStatus.SWITCHING_PROTOCOLS,
  })
  async webSocket(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logStreamParameters)) parameters: Parameters,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.streams.serve(scope, toLiveFilter(parameters), new WebSocketStream(reply), asStored);
  }

  @Get('logs/ws')
  @DescribeRoute({
    summary: 'The same in the shape of Flywatch, as at /logs/stream',
    tag,
    status: HttpStatus.SWITCHING_PROTOCOLS,
  })
  async seedWebSocket(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logStreamParameters)) parameters: Parameters,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.streams.serve(scope, toLiveFilter(parameters), new WebSocketStream(reply), asFlywatch);
  }
}
