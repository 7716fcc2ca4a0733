import { Controller, Get, Param } from '@nestjs/common';
import {
  evidenceResponse,
  investigationWithEvidenceResponse,
  toEvidenceResponse,
  toInvestigationWithEvidenceResponse,
} from '../../../libs/contracts/src/investigations.contract';
import type { EvidenceId, InvestigationId } from '../../../libs/core/src/common/ids';
import { InvestigationStore } from '../../../libs/core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { KeptRecords } from './kept-records.provider';

const investigationId = new IdPipe<InvestigationId>('OPS_INVESTIGATION_NOT_FOUND', 'investigation');
const evidenceId = new IdPipe<EvidenceId>('OPS_EVIDENCE_NOT_FOUND', 'evidence');

@Controller('api')
@RequirePermission('read')
export class InvestigationsController {
  constructor(
    private readonly investigations: InvestigationStore,
    private readonly kept: KeptRecords,
  ) {}

  @Get('investigations/:id')
  @DescribeRoute({
    summary: 'An investigation: its report and its evidence',
    tag: 'incidents',
    response: investigationWithEvidenceResponse,
  })
  async find(@CurrentScope() scope: ProjectScope, @Param('id', investigationId) id: InvestigationId) {
    const investigation = orNotFound(
      await this.investigations.find(scope, id),
      'OPS_INVESTIGATION_NOT_FOUND',
      'investigation',
    );
    return toInvestigationWithEvidenceResponse(
      investigation,
      await this.investigations.listEvidence(scope, id),
      await this.kept.since(scope),
    );
  }

  @Get('evidence/:id')
  @DescribeRoute({
    summary: 'One piece of evidence and the query that produced it',
    tag: 'incidents',
    response: evidenceResponse,
  })
  async findEvidence(@CurrentScope() scope: ProjectScope, @Param('id', evidenceId) id: EvidenceId) {
    return toEvidenceResponse(
      orNotFound(await this.investigations.findEvidence(scope, id), 'OPS_EVIDENCE_NOT_FOUND', 'evidence'),
      await this.kept.since(scope),
    );
  }
}
