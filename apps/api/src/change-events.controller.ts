import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  changeEventListParameters,
  changeEventListResponse,
  toChangeEventListResponse,
} from '../../../libs/contracts/src/change-events.contract';
import { toPageRequest, toTimeRange } from '../../../libs/contracts/src/common.contract';
import { ChangeEventStore } from '../../../libs/core/src/ingest/change-event-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { AppClock } from '../../../libs/runtime/src/app-clock';

@Controller('api/events')
@RequirePermission('read')
export class ChangeEventsController {
  constructor(
    private readonly events: ChangeEventStore,
    private readonly clock: AppClock,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'Deploys and other changes', tag: 'events', response: changeEventListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(changeEventListParameters))
    parameters: z.output<typeof changeEventListParameters>,
  ) {
    const range = toTimeRange(parameters, this.clock.now());
    const serviceName = parameters.service_name;
    const filter = { range, ...(serviceName !== undefined && { serviceName }) };
    return toChangeEventListResponse(await this.events.list(scope, filter, toPageRequest(parameters)));
  }
}
