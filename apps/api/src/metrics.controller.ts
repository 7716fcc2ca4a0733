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
import { appliedLabels } from '../../../libs/core/src/anomalies/anomaly-label';
import { AnomalyLabelStore } from '../../../libs/core/src/anomalies/anomaly-label-store.port';
import { Slots } from '../../../libs/core/src/common/slots';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { KeepAnswers } from '../../../libs/http/src/keep-answers';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { judgeLines } from './judge-lines';

/** Each analysis takes its turns of the one thread there is: more at once would only make all of them late. */
const ANALYSES_AT_ONCE = 2;
const ANALYSES_WAITING = 16;

@Controller('api/metrics')
@RequirePermission('read')
export class MetricsController {
  private readonly slots = new Slots(ANALYSES_AT_ONCE, ANALYSES_WAITING);

  constructor(
    private readonly metrics: MetricStore,
    private readonly labels: AnomalyLabelStore,
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
    const answer = await this.metrics.query(scope, query);
    if (parameters.anomalies === 'false') return toMetricQueryResponse(query, answer);
    const labels = appliedLabels(await this.labels.list(scope));
    const verdicts = await this.slots.run(() => judgeLines(this.metrics, scope, query, labels));
    return toMetricQueryResponse(query, answer, verdicts);
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
