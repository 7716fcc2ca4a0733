import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ingestResponse } from '../../../libs/contracts/src/ingest.contract';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import type { RawBody } from '../../../libs/http/src/raw-body';
import { AcceptBatch } from './accept-batch';
import { LOGS } from './ingest-kind';
import { receiveBatch } from './receive-batch';
import { RecordsPipe } from './records.pipe';

@Controller('api/ingest/logs')
export class IngestLogsController {
  constructor(@Inject(AcceptBatch) private readonly acceptBatch: AcceptBatch) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('ingest', { isDirect: true })
  @DescribeRoute({
    summary:
      'Sends log records: an envelope, a bare array, or NDJSON. Answers when what it accepts is on disk',
    tag: 'ingest',
    response: ingestResponse,
  })
  ingest(
    @CurrentScope() scope: ProjectScope,
    @Body(new RecordsPipe(LOGS.envelope)) records: RawBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const received = { kind: LOGS, records, source: 'api' };
    return receiveBatch(this.acceptBatch, scope, received, request, reply);
  }
}
