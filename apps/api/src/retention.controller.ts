import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  type RetentionState,
  retentionParameters,
  retentionRequest,
  retentionResponse,
  toRetention,
  toRetentionResponse,
} from '../../../libs/contracts/src/retention.contract';
import { OpsError } from '../../../libs/core/src/common/errors';
import { LOG_LEVELS } from '../../../libs/core/src/logs/log-level';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import { keptFromMs, type Retention, retentionOf } from '../../../libs/core/src/projects/retention';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { KeptRecords } from './kept-records.provider';

const tag = 'project';

/** How long a project keeps what it was sent. */
@Controller('api/retention')
@RequirePermission('read')
export class RetentionController {
  constructor(
    private readonly projects: ProjectStore,
    private readonly logs: LogStore,
    private readonly metrics: MetricStore,
    private readonly clock: AppClock,
    private readonly kept: KeptRecords,
  ) {}

  @Get()
  @DescribeRoute({
    summary:
      'How long log records and samples are kept, and what is older; with log_days or metric_days: as if',
    tag,
    response: retentionResponse,
  })
  async show(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(retentionParameters)) supposed: z.output<typeof retentionParameters>,
  ) {
    const project = await this.kept.projectOf(scope);
    const { log_days: logs, metric_days: metrics } = supposed;
    const days = retentionOf(project, this.kept.defaults);
    const state = await this.look(scope, { logs: logs ?? days.logs, metrics: metrics ?? days.metrics });
    return toRetentionResponse({ ...state, own: project.retention ?? {}, defaults: this.kept.defaults });
  }

  @Put()
  @RequirePermission('admin')
  @DescribeRoute({
    summary: 'Set how long log records and samples are kept; what is older is deleted within the hour',
    tag,
    response: retentionResponse,
  })
  async save(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(retentionRequest)) body: z.output<typeof retentionRequest>,
  ) {
    const own = toRetention(body);
    const wasThere = await this.projects.setRetention(scope.projectId, own);
    orNotFound(wasThere || undefined, 'OPS_PROJECT_NOT_FOUND', 'project');
    const days = retentionOf({ retention: own }, this.kept.defaults);
    const state = await this.look(scope, days).catch((error: unknown) => {
      throw whereSaved(error);
    });
    return toRetentionResponse({ ...state, own, defaults: this.kept.defaults });
  }

  private async look(
    scope: ProjectScope,
    days: Retention,
  ): Promise<Pick<RetentionState, 'logs' | 'metrics'>> {
    const nowMs = this.clock.now();
    const logsFromMs = keptFromMs(days.logs, nowMs);
    const [toDelete, oldestLogMs, oldestSampleMs] = await Promise.all([
      this.countLogsBefore(scope, logsFromMs),
      this.logs.oldest(scope),
      this.metrics.oldest(scope),
    ]);
    return {
      logs: { days: days.logs, keptFromMs: logsFromMs, oldestMs: oldestLogMs, toDelete },
      metrics: {
        days: days.metrics,
        keptFromMs: keptFromMs(days.metrics, nowMs),
        oldestMs: oldestSampleMs,
      },
    };
  }

  /** From counts that both stores keep or make quickly, not from the records. */
  private async countLogsBefore(scope: ProjectScope, beforeMs: number | undefined): Promise<number> {
    if (beforeMs === undefined || beforeMs <= 0) return 0;
    const filter = { range: { fromMs: 0, toMs: beforeMs } };
    const byLevel = await this.logs.countBy(scope, filter, 'level', LOG_LEVELS.length);
    return byLevel.reduce((sum, { count }) => sum + count, 0);
  }
}

/** Who reads that a store does not answer would take it that nothing has changed, and lose records as soon as it does again. */
function whereSaved(error: unknown): unknown {
  if (!(error instanceof OpsError)) return error;
  const { kind, code, message, retryAfterSeconds } = error;
  return new OpsError(kind, code, `the limits are set, but what is older cannot be told now: ${message}`, {
    cause: error,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
