import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { toPageRequest, toTimeRange } from '../../../libs/contracts/src/common.contract';
import {
  serviceEdgeListParameters,
  serviceEdgeListResponse,
  toServiceEdgeListResponse,
} from '../../../libs/contracts/src/services.contract';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { ServiceEdgeStore } from '../../../libs/core/src/services/service-edge-store.port';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { AppClock } from '../../../libs/runtime/src/app-clock';

@Controller('api/services')
@RequirePermission('read')
export class ServiceEdgesController {
  constructor(
    private readonly serviceEdges: ServiceEdgeStore,
    private readonly clock: AppClock,
  ) {}

  @Get('edges')
  @DescribeRoute({
    summary: 'Who calls whom, as log records with trace ids tell',
    tag: 'services',
    response: serviceEdgeListResponse,
  })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(serviceEdgeListParameters))
    parameters: z.output<typeof serviceEdgeListParameters>,
  ) {
    const { caller, callee } = parameters;
    const filter = {
      range: toTimeRange(parameters, this.clock.now()),
      ...(caller !== undefined && { caller }),
      ...(callee !== undefined && { callee }),
    };
    return toServiceEdgeListResponse(await this.serviceEdges.list(scope, filter, toPageRequest(parameters)));
  }
}
