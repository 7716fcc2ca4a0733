import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  deadLetterListParameters,
  deadLetterListResponse,
  deadLetterParameters,
  deadLetterResponse,
  discardRequest,
  discardResponse,
  replayRequest,
  replayResponse,
  toDeadLetterListResponse,
  toDeadLetterResponse,
} from '../../../libs/contracts/src/dead-letters.contract';
import type { DeadLetterId } from '../../../libs/core/src/common/ids';
import { type Actor, nameOfActor } from '../../../libs/core/src/incidents/timeline-event';
import { IngestQueue } from '../../../libs/core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentActor, CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppLogger } from '../../../libs/observability/src/app-logger';

const deadLetterId = new IdPipe<DeadLetterId>('OPS_DEAD_LETTER_NOT_FOUND', 'dead letter');
const MAX_LETTERS = 1000;
const tag = 'dead letters';

@Controller('api/dead-letters')
@RequirePermission('admin')
export class DeadLettersController {
  constructor(
    private readonly queue: IngestQueue,
    private readonly log: AppLogger,
  ) {}

  @Get()
  @DescribeRoute({
    summary: 'What the stores refused; at most 1000 are counted',
    tag,
    response: deadLetterListResponse,
  })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(deadLetterListParameters)) parameters: z.output<typeof deadLetterListParameters>,
  ) {
    const list = await this.queue.listDeadLetters(scope, parameters.queue, MAX_LETTERS);
    return toDeadLetterListResponse(list, parameters.limit);
  }

  @Get(':id')
  @DescribeRoute({ summary: 'One dead letter with its records', tag, response: deadLetterResponse })
  async find(
    @CurrentScope() scope: ProjectScope,
    @Param('id', deadLetterId) id: DeadLetterId,
    @Query(new ContractPipe(deadLetterParameters)) parameters: z.output<typeof deadLetterParameters>,
  ) {
    const letter = await this.queue.findDeadLetter(scope, parameters.queue, id);
    return toDeadLetterResponse(orNotFound(letter, 'OPS_DEAD_LETTER_NOT_FOUND', 'dead letter'));
  }

  @Post('replay')
  @HttpCode(200)
  @DescribeRoute({ summary: 'Put dead letters back into their queue', tag, response: replayResponse })
  async replay(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(replayRequest)) body: z.output<typeof replayRequest>,
  ) {
    return { replayed: await this.queue.replayDeadLetters(scope, body.queue, body.ids) };
  }

  @Post('discard')
  @HttpCode(200)
  @DescribeRoute({
    summary: 'Give up dead letters that can never be stored: nobody brings them back',
    tag,
    response: discardResponse,
  })
  async discard(
    @CurrentScope() scope: ProjectScope,
    @CurrentActor() actor: Actor,
    @Body(new ContractPipe(discardRequest)) { queue, ids }: z.output<typeof discardRequest>,
  ) {
    const discarded = await this.queue.discardDeadLetters(scope, queue, ids === 'all' ? undefined : ids);
    if (discarded > 0)
      this.log.info(
        { project_id: scope.projectId, by: nameOfActor(actor), queue, ids, discarded },
        'dead letters were discarded',
      );
    return { discarded };
  }
}
