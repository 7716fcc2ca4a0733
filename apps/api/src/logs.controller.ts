import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { chooseBucketSeconds } from '../../../libs/contracts/src/common.contract';
import {
  errorSpikeParameters,
  errorSpikesResponse,
  logContextParameters,
  logContextResponse,
  logListResponse,
  logQueryParameters,
  logResponse,
  logVolumeParameters,
  logVolumeResponse,
  toErrorSpikesResponse,
  toLogContextResponse,
  toLogFilter,
  toLogListResponse,
  toLogQuery,
  toLogResponse,
  toLogVolumeResponse,
} from '../../../libs/contracts/src/logs.contract';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { LogId } from '../../../libs/core/src/common/ids';
import { toIso } from '../../../libs/core/src/common/time-range';
import { findErrorSpikes } from '../../../libs/core/src/logs/find-error-spikes';
import { levelsFrom } from '../../../libs/core/src/logs/log-level';
import { instantsOfLogId } from '../../../libs/core/src/logs/log-id';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { KeepAnswers } from '../../../libs/http/src/keep-answers';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { KeptRecords } from './kept-records.provider';

const logId = new IdPipe<LogId>('OPS_LOG_NOT_FOUND', 'log record');

@Controller()
@RequirePermission('read')
export class LogsController {
  constructor(
    private readonly logs: LogStore,
    private readonly clock: AppClock,
    private readonly kept: KeptRecords,
  ) {}

  @Get(['api/logs/query', 'logs/history'])
  @DescribeRoute({ summary: 'Search log records', tag: 'logs', response: logListResponse })
  async query(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logQueryParameters)) parameters: z.output<typeof logQueryParameters>,
  ) {
    return toLogListResponse(await this.logs.search(scope, toLogQuery(parameters, this.clock.now())));
  }

  @Get('api/logs/volume')
  @KeepAnswers()
  @DescribeRoute({
    summary: 'Count log records over time, by level',
    tag: 'logs',
    response: logVolumeResponse,
  })
  async volume(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logVolumeParameters)) parameters: z.output<typeof logVolumeParameters>,
  ) {
    const filter = toLogFilter(parameters, this.clock.now());
    const bucketSeconds = chooseBucketSeconds(filter.range, parameters.time_bucket);
    return toLogVolumeResponse(await this.logs.volume(scope, filter, bucketSeconds), bucketSeconds);
  }

  @Get('api/logs/error-spikes')
  @KeepAnswers()
  @DescribeRoute({
    summary: 'Count errors over time and mark the spikes',
    tag: 'logs',
    response: errorSpikesResponse,
  })
  async errorSpikes(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(errorSpikeParameters)) parameters: z.output<typeof errorSpikeParameters>,
  ) {
    const filter = toLogFilter({ ...parameters, level: levelsFrom('error') }, this.clock.now());
    const bucketSeconds = chooseBucketSeconds(filter.range, parameters.time_bucket);
    const buckets = await this.logs.volume(scope, filter, bucketSeconds);
    return toErrorSpikesResponse(findErrorSpikes(buckets), bucketSeconds);
  }

  @Get('api/logs/:id/context')
  @DescribeRoute({
    summary: 'A log record with its neighbours in the same service',
    tag: 'logs',
    response: logContextResponse,
  })
  async context(
    @CurrentScope() scope: ProjectScope,
    @Param('id', logId) id: LogId,
    @Query(new ContractPipe(logContextParameters)) counts: z.output<typeof logContextParameters>,
  ) {
    const context = await this.logs.context(scope, id, counts);
    return toLogContextResponse(context ?? (await this.notThere(scope, id)));
  }

  @Get('api/logs/:id')
  @DescribeRoute({ summary: 'One log record', tag: 'logs', response: logResponse })
  async find(@CurrentScope() scope: ProjectScope, @Param('id', logId) id: LogId) {
    return toLogResponse((await this.logs.find(scope, id)) ?? (await this.notThere(scope, id)));
  }

  /** Who follows an id from an incident or a pattern's example is told where it is too old. The id says when; not whether there was one. */
  private async notThere(scope: ProjectScope, id: LogId): Promise<never> {
    const atMs = instantsOfLogId(id)?.epochMs;
    const { logs: keptFromMs } = atMs === undefined ? {} : await this.kept.since(scope);
    const isOld = keptFromMs !== undefined && atMs !== undefined && atMs < keptFromMs;
    const why = isOld ? `: those from before ${toIso(keptFromMs)} are deleted because of their age` : '';
    throw new OpsError('not_found', 'OPS_LOG_NOT_FOUND', `this project has no such log record${why}`);
  }
}
