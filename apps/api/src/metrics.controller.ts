import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { toPageRequest } from '../../../libs/contracts/src/common.contract';
import {
  metricQueryMultipleRequest,
  metricQueryMultipleResponse,
  metricQueryParameters,
  metricQueryResponse,
  seriesListParameters,
  seriesListResponse,
  toMetricQueries,
  toMetricQuery,
  toMetricQueryResponse,
  toSeriesFilter,
  toSeriesListResponse,
} from '../../../libs/contracts/src/metrics.contract';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { KeepAnswers } from '../../../libs/http/src/keep-answers';
import { AppClock } from '../../../libs/runtime/src/app-clock';

@Controller('api/metrics')
@RequirePermission('read')
export class MetricsController {
  constructor(
    private readonly metrics: MetricStore,
    private readonly clock: AppClock,
  ) {}

  @Get('query')
  @KeepAnswers()
  @DescribeRoute({ summary: 'One metric over time', tag: 'metrics', response: metricQueryResponse })
  async query(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(metricQueryParameters)) parameters: z.output<typeof metricQueryParameters>,
  ) {
    const query = toMetricQuery(parameters, this.clock.now());
    return toMetricQueryResponse(query, await this.metrics.query(scope, query));
  }

  @Post('query-multiple')
  @HttpCode(200)
  @DescribeRoute({
    summary: 'Several metrics over the same time',
    tag: 'metrics',
    response: metricQueryMultipleResponse,
  })
  async queryMultiple(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(metricQueryMultipleRequest)) body: z.output<typeof metricQueryMultipleRequest>,
  ) {
    const results = [];
    // One after the other: twenty at once would take every connection from the other callers.
    for (const query of toMetricQueries(body, this.clock.now())) {
      results.push(toMetricQueryResponse(query, await this.metrics.query(scope, query)));
    }
    return { results, total: results.length, next_cursor: null };
  }

  @Get('series')
  @DescribeRoute({ summary: 'Which series there are', tag: 'metrics', response: seriesListResponse })
  async series(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(seriesListParameters)) parameters: z.output<typeof seriesListParameters>,
  ) {
    const filter = toSeriesFilter(parameters);
    return toSeriesListResponse(await this.metrics.listSeries(scope, filter, toPageRequest(parameters)));
  }
}
