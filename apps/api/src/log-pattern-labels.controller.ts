import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { OPERATIONAL_LABELS } from '../../../libs/analysis/src/operational-labels';
import {
  logPatternLabelListResponse,
  logPatternLabelRequest,
  logPatternLabelResponse,
  toLogPatternLabel,
  toLogPatternLabelResponse,
} from '../../../libs/contracts/src/log-pattern-labels.contract';
import { OpsError } from '../../../libs/core/src/common/errors';
import { LogPatternLabelStore } from '../../../libs/core/src/logs/log-pattern-label-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';

@Controller('api/log-pattern-labels')
@RequirePermission('read')
export class LogPatternLabelsController {
  constructor(
    private readonly labels: LogPatternLabelStore,
    private readonly clock: AppClock,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @DescribeRoute({
    summary: 'Own and predefined labels of log patterns',
    tag: 'logs',
    response: logPatternLabelListResponse,
  })
  async list(@CurrentScope() scope: ProjectScope) {
    const own = await this.labels.list(scope);
    const labels = [...own, ...OPERATIONAL_LABELS].map(toLogPatternLabelResponse);
    return { labels, total: labels.length, next_cursor: null };
  }

  @Post()
  @RequirePermission('write')
  @DescribeRoute({
    summary: 'Add a label of log patterns, or replace the own one of that name',
    tag: 'logs',
    response: logPatternLabelResponse,
  })
  async save(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(logPatternLabelRequest)) body: z.output<typeof logPatternLabelRequest>,
  ) {
    if (OPERATIONAL_LABELS.some(({ label }) => label === body.name))
      throw new OpsError('invalid', 'OPS_REQUEST_INVALID', `name: ${body.name} is predefined`, {
        fields: [{ field: 'name', reason: 'is predefined', allowed: 'a name that is not predefined' }],
      });
    const label = toLogPatternLabel(body, this.clock.now());
    const most = this.config.values.LOG_PATTERN_LABELS_MAX;
    if (!(await this.labels.save(scope, label, most)))
      throw new OpsError(
        'unprocessable',
        'OPS_LOG_LABEL_LIMIT',
        `a project may have ${most} labels of log patterns; delete one first (LOG_PATTERN_LABELS_MAX)`,
      );
    return toLogPatternLabelResponse(label);
  }

  @Delete(':name')
  @HttpCode(204)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Delete an own label of log patterns', tag: 'logs' })
  async remove(@CurrentScope() scope: ProjectScope, @Param('name') name: string): Promise<void> {
    const deleted = await this.labels.delete(scope, name);
    orNotFound(deleted || undefined, 'OPS_LOG_LABEL_NOT_FOUND', 'label of log patterns');
  }
}
