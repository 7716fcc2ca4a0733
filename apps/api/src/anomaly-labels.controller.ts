import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import {
  anomalyLabelListResponse,
  anomalyLabelRequest,
  anomalyLabelResponse,
  applyLabelsRequest,
  applyLabelsResponse,
  toAnomalyLabel,
  toAnomalyLabelResponse,
  toLabelRange,
} from '../../../libs/contracts/src/anomaly-labels.contract';
import { AnomalyLabelStore } from '../../../libs/core/src/anomalies/anomaly-label-store.port';
import { OpsError } from '../../../libs/core/src/common/errors';
import { type AnomalyLabelId, asId } from '../../../libs/core/src/common/ids';
import { Slots } from '../../../libs/core/src/common/slots';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { measureLabel } from './measure-label';

const tag = 'anomalies';
/** Each takes its turns of the one thread there is: more at once would only make all of them late. */
const MEASURED_AT_ONCE = 2;
const MEASURES_WAITING = 16;

@Controller('api/anomaly-labels')
@RequirePermission('read')
export class AnomalyLabelsController {
  private readonly slots = new Slots(MEASURED_AT_ONCE, MEASURES_WAITING);

  constructor(
    private readonly labels: AnomalyLabelStore,
    private readonly metrics: MetricStore,
    private readonly clock: AppClock,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'What people say about anomalies', tag, response: anomalyLabelListResponse })
  async list(@CurrentScope() scope: ProjectScope) {
    const labels = (await this.labels.list(scope)).map(toAnomalyLabelResponse);
    return { labels, total: labels.length, next_cursor: null };
  }

  @Post()
  @RequirePermission('write')
  @DescribeRoute({
    summary: 'Say that an anomaly is none, or that one was missed; it has no effect before it is applied',
    tag,
    response: anomalyLabelResponse,
  })
  async add(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(anomalyLabelRequest)) body: z.output<typeof anomalyLabelRequest>,
  ) {
    const nowMs = this.clock.now();
    const range = toLabelRange(body, nowMs);
    const { metric_name: metricName, service_name: serviceName, tags } = body;
    const filter = {
      metricName,
      ...(serviceName !== undefined && { serviceName }),
      ...(tags !== undefined && { tags }),
    };
    const furthest = await this.slots.run(() => measureLabel(this.metrics, scope, filter, range));
    const label = toAnomalyLabel(body, range, furthest, asId<AnomalyLabelId>(randomUUID()), nowMs);
    const most = this.config.values.ANOMALY_LABELS_MAX;
    if (!(await this.labels.add(scope, label, most)))
      throw new OpsError(
        'unprocessable',
        'OPS_ANOMALY_LABEL_LIMIT',
        `a project may have ${most} labels of anomalies; delete one first (ANOMALY_LABELS_MAX)`,
      );
    return toAnomalyLabelResponse(label);
  }

  @Post('apply')
  @HttpCode(200)
  @RequirePermission('write')
  @DescribeRoute({
    summary: 'Let proposed labels take effect on detection, anomaly rules and answers',
    tag,
    response: applyLabelsResponse,
  })
  async apply(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(applyLabelsRequest)) body: z.output<typeof applyLabelsRequest>,
  ) {
    const ids =
      body.ids?.map((id) => asId<AnomalyLabelId>(id)) ?? (await this.labels.list(scope)).map(({ id }) => id);
    return { applied: await this.labels.apply(scope, ids, this.clock.now()) };
  }

  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Delete a label of anomalies, and its effect', tag })
  async remove(@CurrentScope() scope: ProjectScope, @Param('id') id: string): Promise<void> {
    const deleted = await this.labels.delete(scope, asId<AnomalyLabelId>(id));
    orNotFound(deleted || undefined, 'OPS_ANOMALY_LABEL_NOT_FOUND', 'label of anomalies');
  }
}
