import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  anomalyRequest,
  anomalyResponse,
  metricAnomaliesResponse,
  metricAnomalyParameters,
  toAnomalyQuery,
  toAnomalyQuestion,
  toAnomalyResponse,
  toMetricAnomaliesResponse,
  toPoints,
} from '../../../libs/contracts/src/anomalies.contract';
import {
  anomalyPreviewRequest,
  anomalyPreviewResponse,
} from '../../../libs/contracts/src/anomaly-preview.contract';
import { createDetector } from '../../../libs/analysis/src/anomalies/create-detector';
import { RuleStore } from '../../../libs/core/src/alerting/rule-store.port';
import { adjustmentOf, appliedLabels } from '../../../libs/core/src/anomalies/anomaly-label';
import { AnomalyLabelStore } from '../../../libs/core/src/anomalies/anomaly-label-store.port';
import { judgeSeries } from '../../../libs/core/src/anomalies/judge-series';
import { OpsError } from '../../../libs/core/src/common/errors';
import { type RuleId, asId } from '../../../libs/core/src/common/ids';
import { inTurns } from '../../../libs/core/src/common/in-turns';
import { Slots } from '../../../libs/core/src/common/slots';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { previewLabels, previewRule } from './preview-anomalies';

const tag = 'anomalies';
/** Each analysis takes its turns of the one thread there is: more at once would only make all of them late. */
const ANALYSES_AT_ONCE = 2;
const ANALYSES_WAITING = 16;

@Controller()
@RequirePermission('read')
export class AnomaliesController {
  private readonly slots = new Slots(ANALYSES_AT_ONCE, ANALYSES_WAITING);

  constructor(
    private readonly metrics: MetricStore,
    private readonly rules: RuleStore,
    private readonly labels: AnomalyLabelStore,
    private readonly clock: AppClock,
  ) {}

  @Post('ai/anomaly')
  @HttpCode(200)
  @DescribeRoute({ summary: 'Which values of a given series are abnormal', tag, response: anomalyResponse })
  async judge(@Body(new ContractPipe(anomalyRequest)) body: z.output<typeof anomalyRequest>) {
    const { points, unreadable } = toPoints(body.data_points);
    if (unreadable.length > 0) throw unreadableTimes(unreadable);
    const work = () => inTurns(judgeSeries({ points, judgeFromMs: -Infinity }, toAnomalyQuestion(body)));
    return toAnomalyResponse(body.metric_name, await this.slots.run(work));
  }

  @Get('api/metrics/anomalies')
  @DescribeRoute({
    summary: 'Which values of a stored metric are abnormal, judged by the history before each',
    tag,
    response: metricAnomaliesResponse,
  })
  async find(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(metricAnomalyParameters)) parameters: z.output<typeof metricAnomalyParameters>,
  ) {
    const question = toAnomalyQuestion(parameters);
    const { query, window } = toAnomalyQuery(parameters, this.clock.now());
    return this.slots.run(async () => {
      const { lines, totalLines } = await this.metrics.query(scope, query);
      const labels = appliedLabels(await this.labels.list(scope));
      const judged = [];
      for (const line of lines) {
        const adjustment = adjustmentOf(labels, line);
        const series = { points: line.points, judgeFromMs: window.judgeFromMs, adjustment };
        const verdict = await inTurns(judgeSeries(series, question));
        judged.push({ line, verdict });
      }
      const { method } = createDetector(question.method);
      return toMetricAnomaliesResponse(query, method, judged, totalLines);
    });
  }

  @Post('api/anomalies/preview')
  @HttpCode(200)
  @DescribeRoute({
    summary: 'What a changed anomaly rule, or proposed labels, would have changed in the last days',
    tag,
    response: anomalyPreviewResponse,
  })
  async preview(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(anomalyPreviewRequest)) body: z.output<typeof anomalyPreviewRequest>,
  ) {
    const nowMs = this.clock.now();
    const labels = await this.labels.list(scope);
    if (body.rule_id === undefined)
      return this.slots.run(() => previewLabels(this.metrics, scope, labels, body.days, nowMs));
    const found = await this.rules.find(scope, asId<RuleId>(body.rule_id));
    const rule = orNotFound(found, 'OPS_RULE_NOT_FOUND', 'rule');
    return this.slots.run(() => previewRule(this.metrics, scope, rule, labels, body, nowMs));
  }
}

const PROBLEMS_NAMED = 20;

function unreadableTimes(indexes: readonly number[]): OpsError {
  const fields = indexes.slice(0, PROBLEMS_NAMED).map((index) => ({
    field: `data_points[${index}].timestamp`,
    reason: 'is not an instant',
    allowed: 'ISO 8601 such as 2026-01-15T12:00:00Z',
  }));
  return new OpsError(
    'invalid',
    'OPS_REQUEST_INVALID',
    `data_points: ${indexes.length} timestamps cannot be read`,
    { fields },
  );
}
