import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from '../../apps/api/src/api.module';
import { LocalQueryCache } from '../../libs/adapters/local/src/local-query-cache';
import { LocalRateLimiter } from '../../libs/adapters/local/src/local-rate-limiter';
import { type Config, loadConfig } from '../../libs/config/src/load-config';
import type { Clock } from '../../libs/core/src/common/clock';
import { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import { ObjectStore } from '../../libs/core/src/common/object-store.port';
import { QueryCache } from '../../libs/core/src/common/query-cache.port';
import { RuleStateStore } from '../../libs/core/src/alerting/rule-state-store.port';
import { RuleStore } from '../../libs/core/src/alerting/rule-store.port';
import { TransitionHandover } from '../../libs/core/src/alerting/transition-handover.port';
import { IncidentCommands } from '../../libs/core/src/incidents/incident-commands.port';
import { AnomalyLabelStore } from '../../libs/core/src/anomalies/anomaly-label-store.port';
import { AnomalyStore } from '../../libs/core/src/anomalies/anomaly-store.port';
import { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import { ChangeEventStore } from '../../libs/core/src/ingest/change-event-store.port';
import { IngestQueue } from '../../libs/core/src/ingest/ingest-queue.port';
import { InvestigationStarter } from '../../libs/core/src/investigation/investigation-starter.port';
import { InvestigationStore } from '../../libs/core/src/investigation/investigation-store.port';
import { LiveFeed } from '../../libs/core/src/logs/live-feed.port';
import { LogPatternLabelStore } from '../../libs/core/src/logs/log-pattern-label-store.port';
import { LogPatternStore } from '../../libs/core/src/logs/log-pattern-store.port';
import { LogStore } from '../../libs/core/src/logs/log-store.port';
import { TemplateMining } from '../../libs/core/src/logs/template-mining.port';
import { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import { ChannelStore } from '../../libs/core/src/notify/channel-store.port';
import { ApiKeyStore } from '../../libs/core/src/projects/api-key-store.port';
import { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import { RateLimiter } from '../../libs/core/src/projects/rate-limiter.port';
import { ServiceEdgeStore } from '../../libs/core/src/services/service-edge-store.port';
import { SnapshotStore } from '../../libs/core/src/snapshots/snapshot-store.port';
import { SnapshotTaker } from '../../libs/core/src/snapshots/snapshot-taker.port';
import { createHttpApp } from '../../libs/http/src/create-http-app';
import { HealthModule } from '../../libs/http/src/health.module';
import { RoleStatus } from '../../libs/http/src/role-status';
import { AppLogger } from '../../libs/observability/src/app-logger';
import { AppMetrics } from '../../libs/observability/src/app-metrics';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { AppClock } from '../../libs/runtime/src/app-clock';
import { AppConfig } from '../../libs/runtime/src/app-config';
import { AppStopwatch } from '../../libs/runtime/src/app-stopwatch';

/** What a spec of the API brings: of each port, the methods that it means to be called. Any other call answers 500. */
export interface ApiPorts {
  readonly apiKeys: ApiKeyStore;
  readonly logs?: Partial<LogStore>;
  readonly live?: Partial<LiveFeed>;
  readonly patterns?: Partial<LogPatternStore>;
  readonly patternLabels?: Partial<LogPatternLabelStore>;
  readonly mining?: Partial<TemplateMining>;
  readonly metrics?: Partial<MetricStore>;
  readonly anomalies?: Partial<AnomalyStore>;
  readonly anomalyLabels?: Partial<AnomalyLabelStore>;
  readonly changeEvents?: Partial<ChangeEventStore>;
  readonly rules?: Partial<RuleStore>;
  readonly ruleStates?: Partial<RuleStateStore>;
  readonly handover?: Partial<TransitionHandover>;
  readonly channels?: Partial<ChannelStore>;
  readonly incidents?: Partial<IncidentStore>;
  readonly commands?: Partial<IncidentCommands>;
  readonly investigations?: Partial<InvestigationStore>;
  readonly starter?: Partial<InvestigationStarter>;
  readonly serviceEdges?: Partial<ServiceEdgeStore>;
  readonly snapshots?: Partial<SnapshotStore>;
  readonly snapshotTaker?: Partial<SnapshotTaker>;
  readonly projects?: Partial<ProjectStore>;
  readonly queue?: Partial<IngestQueue>;
  readonly objects?: Partial<ObjectStore>;
  /** By default, an instant that does not move. */
  readonly clock?: Clock;
  /** By default, that of the process. */
  readonly sharedClock?: SharedClock;
}

class TestStatus extends RoleStatus {
  readonly roles = ['api'];
  readonly version = '0.0.0';
  readonly startedAtMs = 0;
  readonly metricsRequireKey = false;
  checks() {
    return [];
  }
}

@Module({})
class PortsModule {
  static of(ports: ApiPorts, nowMs: number, config: Partial<Config>): DynamicModule {
    const clock = new AppClock(ports.clock ?? { now: () => nowMs });
    const stopwatch = new AppStopwatch({ readMs: () => clock.now() });
    const providers = [
      { provide: ApiKeyStore, useValue: ports.apiKeys },
      { provide: LogStore, useValue: ports.logs ?? {} },
      { provide: LiveFeed, useValue: ports.live ?? {} },
      { provide: LogPatternStore, useValue: ports.patterns ?? {} },
      { provide: LogPatternLabelStore, useValue: ports.patternLabels ?? {} },
      { provide: TemplateMining, useValue: ports.mining ?? {} },
      { provide: MetricStore, useValue: ports.metrics ?? {} },
      { provide: AnomalyStore, useValue: ports.anomalies ?? {} },
      { provide: AnomalyLabelStore, useValue: { list: async () => [], ...ports.anomalyLabels } },
      { provide: ChangeEventStore, useValue: ports.changeEvents ?? {} },
      { provide: RuleStore, useValue: ports.rules ?? {} },
      { provide: RuleStateStore, useValue: ports.ruleStates ?? {} },
      { provide: TransitionHandover, useValue: ports.handover ?? {} },
      { provide: ChannelStore, useValue: ports.channels ?? {} },
      { provide: IncidentStore, useValue: ports.incidents ?? {} },
      { provide: IncidentCommands, useValue: ports.commands ?? {} },
      { provide: InvestigationStore, useValue: ports.investigations ?? {} },
      { provide: InvestigationStarter, useValue: ports.starter ?? {} },
      { provide: ServiceEdgeStore, useValue: ports.serviceEdges ?? {} },
      { provide: SnapshotStore, useValue: ports.snapshots ?? {} },
      { provide: SnapshotTaker, useValue: ports.snapshotTaker ?? {} },
      { provide: ProjectStore, useValue: ports.projects ?? {} },
      { provide: ObjectStore, useValue: ports.objects ?? {} },
      { provide: SharedClock, useValue: ports.sharedClock ?? { now: async () => clock.now() } },
      { provide: IngestQueue, useValue: ports.queue ?? {} },
      {
        provide: QueryCache,
        useValue: new LocalQueryCache({ stopwatch, maxBytes: 100_000, maxEntryBytes: 10_000 }),
      },
      { provide: RateLimiter, useValue: new LocalRateLimiter(clock) },
      { provide: AppLogger, useValue: createLogger({ level: 'silent', role: 'api' }) },
      { provide: AppMetrics, useValue: createMetricsRegistry('api', { runtimeMetrics: false }) },
      { provide: AppClock, useValue: clock },
      { provide: AppStopwatch, useValue: stopwatch },
      { provide: AppConfig, useValue: new AppConfig({ ...loadConfig({ environment: {} }), ...config }) },
      { provide: RoleStatus, useClass: TestStatus },
    ];
    return { module: PortsModule, global: true, providers, exports: providers.map((each) => each.provide) };
  }
}

/** The API on the given ports, at an instant that does not move. */
export async function createApiApp(
  ports: ApiPorts,
  nowMs: number,
  config: Partial<Config> = {},
): Promise<NestFastifyApplication> {
  @Module({ imports: [PortsModule.of(ports, nowMs, config), ApiModule, HealthModule] })
  class TestApi {}
  const app = await createHttpApp(TestApi, {
    config: {
      INGEST_MAX_BODY_BYTES: 100_000,
      INGEST_MAX_INFLATED_BYTES: 1_000_000,
      INGEST_MAX_PENDING_BYTES: 64_000_000,
      RATE_LIMIT_INGEST_PER_SECOND: config.RATE_LIMIT_INGEST_PER_SECOND ?? 0,
      RATE_LIMIT_API_PER_SECOND: config.RATE_LIMIT_API_PER_SECOND ?? 0,
    },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
