import { Body, Controller, Headers, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ingestResponse, eventsEnvelope } from '../../../libs/contracts/src/ingest.contract';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { AcceptBatch } from './accept-batch';
import { readIdempotencyKey } from './idempotency-key';
import { EVENTS } from './ingest-kind';
import { RecordsPipe } from './records.pipe';

@Controller('api/ingest/events')
export class IngestEventsController {
  constructor(@Inject(AcceptBatch) private readonly acceptBatch: AcceptBatch) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('ingest')
  @DescribeRoute({
    summary:
      'Sends change events: an envelope, a bare array, or NDJSON. Answers when what it accepts is on disk',
    tag: 'ingest',
    response: ingestResponse,
    status: HttpStatus.ACCEPTED,
  })
  async ingest(
    @CurrentScope() scope: ProjectScope,
    @Body(new RecordsPipe(eventsEnvelope, 'events')) body: { readonly events: readonly unknown[] },
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { response, replayed } = await this.acceptBatch.accept(scope, {
      kind: EVENTS,
      records: body.events,
      source: 'api',
      requestId: request.id,
      idempotencyKey: readIdempotencyKey(idempotencyKey),
    });
    if (replayed) reply.header('idempotency-replayed', 'true');
    return response;
  }
}
