import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ApiKeyGuard } from '../../../libs/http/src/api-key.guard';
import { HealthModule } from '../../../libs/http/src/health.module';
import { EvaluationRequestsModule } from '../../../libs/runtime/src/evaluation-requests.module';
import { AnomaliesController } from './anomalies.controller';
import { AnomalyLabelsController } from './anomaly-labels.controller';
import { AiClusterController } from './ai-cluster.controller';
import { ApiKeysController } from './api-keys.controller';
import { ChangeEventsController } from './change-events.controller';
import { ChannelsController } from './channels.controller';
import { DeadLettersController } from './dead-letters.controller';
import { DetectedAnomaliesController } from './detected-anomalies.controller';
import { IncidentsController } from './incidents.controller';
import { InvestigationsController } from './investigations.controller';
import { KeptRecords } from './kept-records.provider';
import { LogPatternLabelsController } from './log-pattern-labels.controller';
import { LogPatternsController } from './log-patterns.controller';
import { LogStreamController } from './log-stream.controller';
import { LogStreams } from './log-streams.provider';
import { LogsController } from './logs.controller';
import { MetricStreamController } from './metric-stream.controller';
import { MetricStreams } from './metric-streams.provider';
import { MetricsController } from './metrics.controller';
import { OpenStreams } from './open-streams.provider';
import { OpenApiController } from './openapi.controller';
import { ProjectController } from './project.controller';
import { RetentionController } from './retention.controller';
import { RulesController } from './rules.controller';
import { RunbooksController } from './runbooks.controller';
import { ServiceEdgesController } from './service-edges.controller';
import { SnapshotsController } from './snapshots.controller';

/** What people and programs ask of OpsPilot. Ports, configuration, clock and log come from the runtime module. */
@Module({
  imports: [DiscoveryModule, HealthModule, EvaluationRequestsModule],
  controllers: [
    LogPatternsController,
    LogPatternLabelsController,
    AiClusterController,
    LogStreamController,
    LogsController,
    MetricStreamController,
    MetricsController,
    AnomaliesController,
    DetectedAnomaliesController,
    AnomalyLabelsController,
    ChangeEventsController,
    RulesController,
    ChannelsController,
    IncidentsController,
    InvestigationsController,
    RunbooksController,
    ServiceEdgesController,
    SnapshotsController,
    ApiKeysController,
    ProjectController,
    RetentionController,
    DeadLettersController,
    OpenApiController,
  ],
  providers: [OpenStreams, LogStreams, MetricStreams, KeptRecords, ApiKeyGuard],
})
export class ApiModule {}
