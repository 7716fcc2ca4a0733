import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { chooseBucketSeconds, toPageRequest, toTimeRange } from '../../../libs/contracts/src/common.contract';
import {
  detectedAnomalyListResponse,
  detectedAnomalyParameters,
  serviceScoreParameters,
  serviceScoresResponse,
  toAnomalyFilter,
  toDetectedAnomalyListResponse,
  toServiceScoresResponse,
} from '../../../libs/contracts/src/detected-anomalies.contract';
import { AnomalyStore } from '../../../libs/core/src/anomalies/anomaly-store.port';
import { DETECTION_BUCKET_SECONDS } from '../../../libs/core/src/anomalies/plan-detection';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { AppClock } from '../../../libs/runtime/src/app-clock';

const tag = 'anomalies';

@Controller('api/anomalies')
@RequirePermission('read')
export class DetectedAnomaliesController {
  constructor(
    private readonly anomalies: AnomalyStore,
    private readonly clock: AppClock,
  ) {}

  @Get()
  @DescribeRoute({
    summary: 'Anomalies that were found without being asked for',
    tag,
    response: detectedAnomalyListResponse,
  })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(detectedAnomalyParameters))
    parameters: z.output<typeof detectedAnomalyParameters>,
  ) {
    const filter = toAnomalyFilter(parameters, this.clock.now());
    return toDetectedAnomalyListResponse(await this.anomalies.list(scope, filter, toPageRequest(parameters)));
  }

  @Get('services')
  @DescribeRoute({
    summary: 'How unusual each service is as a whole, and by which of its series',
    tag,
    response: serviceScoresResponse,
  })
  async services(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(serviceScoreParameters)) parameters: z.output<typeof serviceScoreParameters>,
  ) {
    const range = toTimeRange(parameters, this.clock.now());
    const asked = chooseBucketSeconds(range, parameters.time_bucket);
    const bucketSeconds = Math.max(asked, DETECTION_BUCKET_SECONDS);
    const { service_name: serviceName, limit } = parameters;
    const filter = { range, ...(serviceName !== undefined && { serviceName }) };
    const lines = await this.anomalies.listServiceScores(scope, filter, bucketSeconds, limit);
    return toServiceScoresResponse(lines, bucketSeconds);
  }
}
