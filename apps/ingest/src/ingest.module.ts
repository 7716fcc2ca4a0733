import { Module } from '@nestjs/common';
import { ApiKeyGuard } from '../../../libs/http/src/api-key.guard';
import { AcceptBatch } from './accept-batch';
import { IngestCounters } from './ingest-counters';
import { IngestEventsController } from './ingest-events.controller';
import { IngestLogsController } from './ingest-logs.controller';
import { IngestMetricsController } from './ingest-metrics.controller';
import { PublishCoalescer } from './publish-coalescer';

/** Takes in logs, metrics and change events. Ports, configuration, clock and log come from the runtime module. */
@Module({
  controllers: [IngestLogsController, IngestMetricsController, IngestEventsController],
  providers: [ApiKeyGuard, AcceptBatch, PublishCoalescer, IngestCounters],
})
export class IngestModule {}
