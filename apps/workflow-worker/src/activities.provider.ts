import { Injectable } from '@nestjs/common';
import { EvaluationCursorStore } from '../../../libs/core/src/alerting/evaluation-cursor-store.port';
import { RuleStateStore } from '../../../libs/core/src/alerting/rule-state-store.port';
import { RuleStore } from '../../../libs/core/src/alerting/rule-store.port';
import { AnomalyLabelStore } from '../../../libs/core/src/anomalies/anomaly-label-store.port';
import { AnomalyStore } from '../../../libs/core/src/anomalies/anomaly-store.port';
import { SharedClock } from '../../../libs/core/src/common/shared-clock.port';
import { IncidentStore } from '../../../libs/core/src/incidents/incident-store.port';
import { ChangeEventStore } from '../../../libs/core/src/ingest/change-event-store.port';
import { IngestQueue } from '../../../libs/core/src/ingest/ingest-queue.port';
import { CauseRanking } from '../../../libs/core/src/investigation/cause-ranking.port';
import { InvestigationStore } from '../../../libs/core/src/investigation/investigation-store.port';
import { LanguageModel } from '../../../libs/core/src/investigation/language-model.port';
import { LogPatternStore } from '../../../libs/core/src/logs/log-pattern-store.port';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { TemplateMining } from '../../../libs/core/src/logs/template-mining.port';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import { ChannelStore } from '../../../libs/core/src/notify/channel-store.port';
import { Notifier } from '../../../libs/core/src/notify/notifier.port';
import { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import { ServiceEdgeStore } from '../../../libs/core/src/services/service-edge-store.port';
import { SnapshotStore } from '../../../libs/core/src/snapshots/snapshot-store.port';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { AppStopwatch } from '../../../libs/runtime/src/app-stopwatch';
import { TemporalConnection } from '../../../libs/runtime/src/temporal-connection';
import {
  type AlertEvaluationDependencies,
  createAlertEvaluationActivities,
} from '../../../workflows/alert-evaluation/alert-evaluation.activities';
import { createAlertingMetrics } from '../../../workflows/alert-evaluation/alerting-metrics';
import { createRequestedEvaluationActivities } from '../../../workflows/alert-evaluation/requested-evaluation.activities';
import { TransitionHandoverStarter } from '../../../workflows/alert-evaluation/transition-handover.client';
import { createAnomalyDetectionActivities } from '../../../workflows/anomaly-detection/anomaly-detection.activities';
import { createDetectionMetrics } from '../../../workflows/anomaly-detection/detection-metrics';
import { createIncidentMetrics } from '../../../workflows/incident/incident-metrics';
import { createIncidentActivities } from '../../../workflows/incident/incident.activities';
import { createIncidentSweepActivities } from '../../../workflows/incident/incident-sweep.activities';
import { createInvestigationMetrics } from '../../../workflows/investigation/investigation-metrics';
import { createInvestigationActivities } from '../../../workflows/investigation/investigation.activities';
import { createNotificationMetrics } from '../../../workflows/notification/notification-metrics';
import { createClusteringMetrics } from '../../../workflows/log-clustering/clustering-metrics';
import { createLogClusteringActivities } from '../../../workflows/log-clustering/log-clustering.activities';
import { createNotificationActivities } from '../../../workflows/notification/notification.activities';
import { createRetentionMetrics } from '../../../workflows/retention/retention-metrics';
import { createRetentionActivities } from '../../../workflows/retention/retention.activities';
import { createServiceEdgeActivities } from '../../../workflows/service-edges/service-edges.activities';
import { TASK_QUEUE } from '../../../workflows/shared/task-queue.contract';
import { createSnapshotActivities } from '../../../workflows/snapshot/snapshot.activities';

/** Every activity that a worker serves, tied to the adapters of this process. */
@Injectable()
export class WorkflowActivities {
  constructor(
    private readonly appConfig: AppConfig,
    private readonly clock: AppClock,
    private readonly sharedClock: SharedClock,
    private readonly stopwatch: AppStopwatch,
    private readonly logger: AppLogger,
    private readonly metrics: AppMetrics,
    private readonly temporal: TemporalConnection,
    private readonly projects: ProjectStore,
    private readonly rules: RuleStore,
    private readonly ruleStates: RuleStateStore,
    private readonly cursors: EvaluationCursorStore,
    private readonly logStore: LogStore,
    private readonly patternStore: LogPatternStore,
    private readonly mining: TemplateMining,
    private readonly metricStore: MetricStore,
    private readonly anomalyStore: AnomalyStore,
    private readonly anomalyLabelStore: AnomalyLabelStore,
    private readonly changeEventStore: ChangeEventStore,
    private readonly queue: IngestQueue,
    private readonly incidentStore: IncidentStore,
    private readonly investigationStore: InvestigationStore,
    private readonly channelStore: ChannelStore,
    private readonly serviceEdgeStore: ServiceEdgeStore,
    private readonly snapshots: SnapshotStore,
    private readonly notifier: Notifier,
    private readonly languageModel: LanguageModel,
    private readonly causeRanking: CauseRanking,
  ) {}

  all(): object {
    return {
      ...this.alerting(),
      ...this.incidents(),
      ...this.notifications(),
      ...this.detection(),
      ...this.retention(),
      ...createLogClusteringActivities({
        logs: this.logStore,
        patterns: this.patternStore,
        mining: this.mining,
        sharedClock: this.sharedClock,
        logger: this.logger,
        counters: createClusteringMetrics(this.metrics),
        delayMs: this.appConfig.values.ALERT_DELAY_SECONDS * 1000,
        maxPatterns: this.appConfig.values.LOG_PATTERNS_MAX,
      }),
      ...createServiceEdgeActivities({
        projects: this.projects,
        logStore: this.logStore,
        serviceEdgeStore: this.serviceEdgeStore,
        sharedClock: this.sharedClock,
        logger: this.logger,
      }),
      ...createSnapshotActivities({
        projects: this.projects,
        snapshots: this.snapshots,
        logs: this.logStore,
        metrics: this.metricStore,
        queue: this.queue,
        incidents: this.incidentStore,
      }),
    };
  }

  private alerting() {
    const config = this.appConfig.values;
    const deps: AlertEvaluationDependencies = {
      projects: this.projects,
      clock: this.clock,
      rules: this.rules,
      states: this.ruleStates,
      cursors: this.cursors,
      metrics: this.metricStore,
      logs: this.logStore,
      incidentStore: this.incidentStore,
      anomalyLabels: this.anomalyLabelStore,
      handover: new TransitionHandoverStarter(this.temporal.client),
      logger: this.logger,
      counters: createAlertingMetrics(this.metrics),
      delayMs: config.ALERT_DELAY_SECONDS * 1000,
      catchUpMs: config.ALERT_CATCH_UP_MINUTES * 60_000,
    };
    return { ...createAlertEvaluationActivities(deps), ...createRequestedEvaluationActivities(deps) };
  }

  private detection() {
    const config = this.appConfig.values;
    return createAnomalyDetectionActivities({
      metrics: this.metricStore,
      logs: this.logStore,
      patterns: this.patternStore,
      anomalies: this.anomalyStore,
      anomalyLabels: this.anomalyLabelStore,
      incidentStore: this.incidentStore,
      sharedClock: this.sharedClock,
      counters: createDetectionMetrics(this.metrics),
      logger: this.logger,
      delayMs: config.ALERT_DELAY_SECONDS * 1000,
      retentionMs: config.ANOMALY_RETENTION_DAYS * 86_400_000,
      maxSeries: config.ANOMALY_MAX_SERIES,
      maxPatterns: config.ANOMALY_MAX_PATTERNS,
    });
  }

  private retention() {
    const config = this.appConfig.values;
    return createRetentionActivities({
      projects: this.projects,
      stores: { logs: this.logStore, metrics: this.metricStore },
      serviceEdges: this.serviceEdgeStore,
      changeEvents: this.changeEventStore,
      changeEventRetentionDays: config.CHANGE_EVENT_RETENTION_DAYS,
      incidents: this.incidentStore,
      incidentRetentionDays: config.INCIDENT_RETENTION_DAYS,
      snapshots: this.snapshots,
      snapshotRetentionMs: config.SNAPSHOT_RETENTION_DAYS * 86_400_000,
      defaults: { logs: config.LOG_RETENTION_DAYS, metrics: config.METRIC_RETENTION_DAYS },
      clock: this.clock,
      sharedClock: this.sharedClock,
      stopwatch: this.stopwatch,
      counters: createRetentionMetrics(this.metrics),
      logger: this.logger,
    });
  }

  private incidents() {
    const counters = createIncidentMetrics(this.metrics);
    const shared = {
      incidentStore: this.incidentStore,
      client: this.temporal.client,
      taskQueue: TASK_QUEUE,
      counters,
    };
    const incidents = createIncidentActivities({
      ...shared,
      channelStore: this.channelStore,
      autoResolveSeconds: this.appConfig.values.INCIDENT_AUTO_RESOLVE_SECONDS,
    });
    const investigations = this.investigations();
    const sweep = createIncidentSweepActivities({
      ...shared,
      projects: this.projects,
      states: this.ruleStates,
      handover: incidents,
      investigationStore: this.investigationStore,
      closing: investigations,
      logger: this.logger,
    });
    return { ...incidents, ...investigations, ...sweep };
  }

  private notifications() {
    const config = this.appConfig.values;
    return createNotificationActivities({
      incidentStore: this.incidentStore,
      channelStore: this.channelStore,
      notifier: this.notifier,
      clock: this.clock,
      counters: createNotificationMetrics(this.metrics),
      limits: {
        maxAttempts: config.NOTIFY_MAX_ATTEMPTS,
        firstBackoffMs: config.NOTIFY_FIRST_BACKOFF_MS,
        timeoutMs: config.NOTIFY_TIMEOUT_MS,
      },
      publicUrl: (config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`).replace(/\/+$/, ''),
    });
  }

  private investigations() {
    const config = this.appConfig.values;
    return createInvestigationActivities({
      incidentStore: this.incidentStore,
      ruleStore: this.rules,
      logStore: this.logStore,
      metricStore: this.metricStore,
      changeEventStore: this.changeEventStore,
      serviceEdgeStore: this.serviceEdgeStore,
      investigationStore: this.investigationStore,
      languageModel: this.languageModel,
      causeRanking: this.causeRanking,
      counters: createInvestigationMetrics(this.metrics),
      clock: this.clock,
      limits: {
        maxSeries: config.INVESTIGATION_MAX_SERIES,
        maxPatterns: config.INVESTIGATION_MAX_PATTERNS,
      },
      evaluationDelayMs: config.ALERT_DELAY_SECONDS * 1000,
      baselineMinutes: config.INVESTIGATION_BASELINE_MINUTES,
      modelTimeoutMs: config.MODEL_TIMEOUT_MS,
      modelMaxOutputTokens: config.MODEL_MAX_OUTPUT_TOKENS,
    });
  }
}
