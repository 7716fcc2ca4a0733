import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { pageParameters, toPageRequest } from '../../../libs/contracts/src/common.contract';
import {
  incidentCommandRequest,
  incidentCommentRequest,
  incidentListParameters,
  incidentListResponse,
  incidentResponse,
  toIncidentFilter,
  toIncidentListResponse,
  toIncidentResponse,
} from '../../../libs/contracts/src/incidents.contract';
import {
  investigationListResponse,
  investigationStartedResponse,
  toInvestigationListResponse,
} from '../../../libs/contracts/src/investigations.contract';
import { timelineResponse, toTimelineResponse } from '../../../libs/contracts/src/timeline.contract';
import type { IncidentId } from '../../../libs/core/src/common/ids';
import type { Incident } from '../../../libs/core/src/incidents/incident';
import { IncidentCommands } from '../../../libs/core/src/incidents/incident-commands.port';
import { IncidentStore } from '../../../libs/core/src/incidents/incident-store.port';
import { type Actor, nameOfActor } from '../../../libs/core/src/incidents/timeline-event';
import { InvestigationStarter } from '../../../libs/core/src/investigation/investigation-starter.port';
import { InvestigationStore } from '../../../libs/core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentActor, CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';

const incidentId = new IdPipe<IncidentId>('OPS_INCIDENT_NOT_FOUND', 'incident');
const tag = 'incidents';

@Controller('api/incidents')
@RequirePermission('read')
export class IncidentsController {
  constructor(
    private readonly incidents: IncidentStore,
    private readonly commands: IncidentCommands,
    private readonly investigations: InvestigationStore,
    private readonly investigationStarter: InvestigationStarter,
    private readonly clock: AppClock,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'Incidents, the newest first', tag, response: incidentListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(incidentListParameters)) parameters: z.output<typeof incidentListParameters>,
  ) {
    const filter = toIncidentFilter(parameters, this.clock.now());
    return toIncidentListResponse(await this.incidents.list(scope, filter, toPageRequest(parameters)));
  }

  @Get(':id')
  @DescribeRoute({ summary: 'One incident', tag, response: incidentResponse })
  async find(@CurrentScope() scope: ProjectScope, @Param('id', incidentId) id: IncidentId) {
    return toIncidentResponse(await this.incidentOf(scope, id));
  }

  @Get(':id/timeline')
  @DescribeRoute({ summary: 'Everything that happened to an incident', tag, response: timelineResponse })
  async timeline(
    @CurrentScope() scope: ProjectScope,
    @Param('id', incidentId) id: IncidentId,
    @Query(new ContractPipe(pageParameters)) parameters: z.output<typeof pageParameters>,
  ) {
    await this.incidentOf(scope, id);
    return toTimelineResponse(await this.incidents.timeline(scope, id, toPageRequest(parameters)));
  }

  @Post(':id/acknowledge')
  @HttpCode(200)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Say that someone is on it', tag, response: incidentResponse })
  async acknowledge(
    @CurrentScope() scope: ProjectScope,
    @CurrentActor() actor: Actor,
    @Param('id', incidentId) id: IncidentId,
    @Body(new ContractPipe(incidentCommandRequest)) body: z.output<typeof incidentCommandRequest>,
  ) {
    await this.incidentOf(scope, id);
    return toIncidentResponse(await this.commands.acknowledge(scope, id, actor, body.comment));
  }

  @Post(':id/comments')
  @HttpCode(200)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Note something on the timeline', tag, response: incidentResponse })
  async comment(
    @CurrentScope() scope: ProjectScope,
    @CurrentActor() actor: Actor,
    @Param('id', incidentId) id: IncidentId,
    @Body(new ContractPipe(incidentCommentRequest)) body: z.output<typeof incidentCommentRequest>,
  ) {
    await this.incidentOf(scope, id);
    return toIncidentResponse(await this.commands.comment(scope, id, actor, body.text));
  }

  @Post(':id/resolve')
  @HttpCode(200)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Say that it is over', tag, response: incidentResponse })
  async resolve(
    @CurrentScope() scope: ProjectScope,
    @CurrentActor() actor: Actor,
    @Param('id', incidentId) id: IncidentId,
    @Body(new ContractPipe(incidentCommandRequest)) body: z.output<typeof incidentCommandRequest>,
  ) {
    await this.incidentOf(scope, id);
    return toIncidentResponse(await this.commands.resolve(scope, id, actor, body.comment));
  }

  @Post(':id/investigations')
  @HttpCode(202)
  @RequirePermission('write')
  @DescribeRoute({
    summary: 'Start an investigation; while one is running, that one is named',
    tag,
    response: investigationStartedResponse,
  })
  async investigate(
    @CurrentScope() scope: ProjectScope,
    @CurrentActor() actor: Actor,
    @Param('id', incidentId) id: IncidentId,
  ) {
    await this.incidentOf(scope, id);
    return {
      id: await this.investigationStarter.start(scope, id, nameOfActor(actor)),
      incident_id: id,
    };
  }

  @Get(':id/investigations')
  @DescribeRoute({ summary: 'Investigations of an incident', tag, response: investigationListResponse })
  async listInvestigations(
    @CurrentScope() scope: ProjectScope,
    @Param('id', incidentId) id: IncidentId,
    @Query(new ContractPipe(pageParameters)) parameters: z.output<typeof pageParameters>,
  ) {
    await this.incidentOf(scope, id);
    const page = await this.investigations.listByIncident(scope, id, toPageRequest(parameters));
    return toInvestigationListResponse(page);
  }

  private async incidentOf(scope: ProjectScope, id: IncidentId): Promise<Incident> {
    return orNotFound(await this.incidents.find(scope, id), 'OPS_INCIDENT_NOT_FOUND', 'incident');
  }
}
