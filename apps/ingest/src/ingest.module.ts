import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ApiKeyGuard } from '../../../libs/http/src/api-key.guard';
import { AcceptBatch } from './accept-batch';
import { IngestCounters } from './ingest-counters';
import { IngestEventsController } from './ingest-events.controller';
import { IngestLogsController } from './ingest-logs.controller';
import { IngestMetricsController } from './ingest-metrics.controller';
import { IngestOpenApiController } from './ingest-openapi.controller';
import { PublishCoalescer } from './publish-coalescer';

/** Takes in logs, metrics and change events. Ports, configuration, clock and log come from the runtime module. */
@Module({
  imports: [DiscoveryModule],
  controllers: [
    IngestLogsController,
    IngestMetricsController,
    IngestEventsController,
    IngestOpenApiController,
  ],
  providers: [ApiKeyGuard, AcceptBatch, PublishCoalescer, IngestCounters],
})
export class IngestModule {}
