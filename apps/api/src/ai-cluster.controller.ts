import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { z } from 'zod';
import { TEMPLATE_ALGORITHM } from '../../../libs/analysis/src/mine-templates';
import { OPERATIONAL_LABELS } from '../../../libs/analysis/src/operational-labels';
import {
  aiClusterRequest,
  aiClusterResponse,
  toAiClusterResponse,
} from '../../../libs/contracts/src/ai-cluster.contract';
import { LogPatternLabelStore } from '../../../libs/core/src/logs/log-pattern-label-store.port';
import { TemplateMining } from '../../../libs/core/src/logs/template-mining.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { labelTexts } from './label-texts';

@Controller('ai/cluster')
@RequirePermission('read')
export class AiClusterController {
  constructor(
    private readonly mining: TemplateMining,
    private readonly labels: LogPatternLabelStore,
  ) {}

  @Post()
  @HttpCode(200)
  @DescribeRoute({
    summary: 'Cluster the messages that are sent; nothing is stored',
    tag: 'ai',
    response: aiClusterResponse,
  })
  async cluster(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(aiClusterRequest)) body: z.output<typeof aiClusterRequest>,
  ) {
    const { logs } = body;
    const clusters = await this.mining.cluster(logs.map(({ message }) => message));
    const texts = clusters.map(({ pattern, members: [first] }) => ({
      text: pattern,
      example: logs[first ?? 0]?.message ?? '',
    }));
    const labels = await labelTexts(texts, [...(await this.labels.list(scope)), ...OPERATIONAL_LABELS]);
    return toAiClusterResponse(
      TEMPLATE_ALGORITHM,
      logs,
      clusters.map((cluster, index) => ({ ...cluster, labels: labels[index] ?? [] })),
    );
  }
}
