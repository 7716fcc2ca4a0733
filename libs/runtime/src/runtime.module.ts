import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { NoLanguageModel } from '../../adapters/llm/src/no-language-model';
import { OpenAiCompatibleLanguageModel } from '../../adapters/llm/src/openai-compatible-language-model';
import { ThreadCauseRanking } from '../../adapters/local/src/thread-cause-ranking';
import { ThreadTemplateMining } from '../../adapters/local/src/thread-template-mining';
import { checkClock } from '../../adapters/postgres/src/check-clock';
import { WebhookNotifier } from '../../adapters/notify/src/webhook-notifier';
import { type EngineSettings, engineSettings } from '../../config/src/engine-settings';
import type { Config } from '../../config/src/load-config';
import { modelSettings } from '../../config/src/model-settings';
import { TransitionHandover } from '../../core/src/alerting/transition-handover.port';
import { SharedClock } from '../../core/src/common/shared-clock.port';
import { IncidentCommands } from '../../core/src/incidents/incident-commands.port';
import { IncidentStore } from '../../core/src/incidents/incident-store.port';
import { CauseRanking } from '../../core/src/investigation/cause-ranking.port';
import { InvestigationStarter } from '../../core/src/investigation/investigation-starter.port';
import { InvestigationStore } from '../../core/src/investigation/investigation-store.port';
import { LanguageModel } from '../../core/src/investigation/language-model.port';
import { TemplateMining } from '../../core/src/logs/template-mining.port';
import { Notifier } from '../../core/src/notify/notifier.port';
import { SnapshotStore } from '../../core/src/snapshots/snapshot-store.port';
import { SnapshotTaker } from '../../core/src/snapshots/snapshot-taker.port';
import { RoleStatus } from '../../http/src/role-status';
import { compileModules } from '../../kernel/src/load-module';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { createLogger } from '../../observability/src/logger';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { TransitionHandoverStarter } from '../../../workflows/alert-evaluation/transition-handover.client';
import { TemporalIncidentCommands } from '../../../workflows/incident/incident.client';
import { TemporalInvestigationStarter } from '../../../workflows/investigation/investigation.client';
import { TASK_QUEUE } from '../../../workflows/shared/task-queue.contract';
import { TemporalSnapshotTaker } from '../../../workflows/snapshot/snapshot.client';
import { AppClock } from './app-clock';
import { AppConfig } from './app-config';
import { AppStopwatch } from './app-stopwatch';
import { EngineContext } from './engine-context';
import { ENGINES, selectEngine } from './engines';
import { HealthChecks } from './health-checks';
import { logProcessWarnings } from './log-process-warnings';
import { ProcessStatus } from './process-status';
import { TemporalConnection } from './temporal-connection';
import { packageVersion } from './package-version';

/** Less than whoever asks for all checks waits: its words are better than none. */
const TEMPORAL_CHECK_TIMEOUT_MS = 1500;
/** Those that start workflows, ask them or run them. The others do without Temporal, and its client is a fifth of a process's heap. */
const TEMPORAL_ROLES: readonly string[] = ['api', 'workflow-worker'];
/** The API answers most of what it is asked without it. */
const WORKFLOW_ROLE = 'workflow-worker';

export interface RuntimeOptions {
  readonly config: Config;
  /** Roles that this process plays. */
  readonly roles: readonly string[];
  /** Where embedded mode started them; by default, where the configuration says. */
  readonly engines?: EngineSettings;
  /** By default, lines on standard output. */
  readonly log?: AppLogger;
}

/**
 * Everything that roles take from outside themselves: configuration, clock, log, metrics, an adapter for every port, and Temporal where a
 * role needs it.
 */
@Global()
@Module({})
export class RuntimeModule implements OnApplicationShutdown {
  constructor(@Inject(EngineContext) private readonly context: EngineContext) {}

  /** Errors: OpsConfigError where an engine is missing or of an unknown scheme; those of compileModules. */
  static forRoot(options: RuntimeOptions): DynamicModule {
    const { config, roles } = options;
    compileModules();
    const engines = options.engines ?? engineSettings(config);
    const log = options.log ?? createLogger({ level: config.LOG_LEVEL, role: roles.join(',') });
    logProcessWarnings(log);
    const health = new HealthChecks();
    const clock = new AppClock();
    const metrics = createMetricsRegistry(roles.join(','));
    const context = new EngineContext(config, log, metrics, health, engines.urls, roles);
    context.watchConnections();
    context.addCheck({
      name: 'clock',
      isOptional: true,
      check: () => checkClock(context.postgres(engines.urls.catalog), clock),
    });
    const providers: Provider[] = [
      { provide: AppConfig, useValue: new AppConfig(config) },
      { provide: AppClock, useValue: clock },
      { provide: AppStopwatch, useValue: new AppStopwatch() },
      { provide: AppLogger, useValue: log },
      { provide: AppMetrics, useValue: metrics },
      { provide: HealthChecks, useValue: health },
      { provide: EngineContext, useValue: context },
      {
        provide: RoleStatus,
        useValue: new ProcessStatus(roles, packageVersion(), clock.now(), config.METRICS_REQUIRE_KEY, health),
      },
      ...engineProviders(engines, context),
      ...(roles.some((role) => TEMPORAL_ROLES.includes(role))
        ? temporalProviders(engines, context, clock)
        : []),
      { provide: Notifier, useValue: new WebhookNotifier({ timeoutMs: config.NOTIFY_TIMEOUT_MS }) },
      { provide: TemplateMining, useValue: new ThreadTemplateMining() },
      { provide: CauseRanking, useValue: new ThreadCauseRanking() },
      { provide: LanguageModel, useFactory: () => languageModel(config) },
    ];
    return { module: RuntimeModule, providers, exports: providers };
  }

  /** After the roles have drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.context.close();
  }
}

function engineProviders(engines: EngineSettings, context: EngineContext): Provider[] {
  return Object.values(ENGINES).map((entry) => ({
    provide: entry.port,
    useValue: selectEngine<unknown>(entry, engines.urls, context),
  }));
}

/** Temporal, and what the API starts and asks there. */
function temporalProviders(engines: EngineSettings, context: EngineContext, clock: AppClock): Provider[] {
  const { TEMPORAL_NAMESPACE, SNAPSHOT_INTERVAL_MINUTES } = context.config;
  const windowMs = SNAPSHOT_INTERVAL_MINUTES * 60_000;
  const temporal = new TemporalConnection(engines.temporalAddress, TEMPORAL_NAMESPACE);
  context.onClose(() => temporal.close());
  const isOptional = !context.roles.includes(WORKFLOW_ROLE);
  context.addCheck({ name: 'temporal', isOptional, check: () => temporal.check(TEMPORAL_CHECK_TIMEOUT_MS) });
  const { client } = temporal;
  return [
    { provide: TemporalConnection, useValue: temporal },
    { provide: TransitionHandover, useValue: new TransitionHandoverStarter(client, TASK_QUEUE) },
    {
      provide: IncidentCommands,
      useFactory: (incidentStore: IncidentStore) =>
        new TemporalIncidentCommands({ client, incidentStore, clock, taskQueue: TASK_QUEUE }),
      inject: [IncidentStore],
    },
    {
      provide: InvestigationStarter,
      useFactory: (
        incidentStore: IncidentStore,
        investigationStore: InvestigationStore,
        sharedClock: SharedClock,
      ) =>
        new TemporalInvestigationStarter({
          client,
          incidentStore,
          investigationStore,
          clock,
          sharedClock,
          taskQueue: TASK_QUEUE,
        }),
      inject: [IncidentStore, InvestigationStore, SharedClock],
    },
    {
      provide: SnapshotTaker,
      useFactory: (snapshots: SnapshotStore) =>
        new TemporalSnapshotTaker({ client, snapshots, clock, windowMs, taskQueue: TASK_QUEUE }),
      inject: [SnapshotStore],
    },
  ];
}

function languageModel(config: Config): LanguageModel {
  const settings = modelSettings(config);
  return settings === undefined ? new NoLanguageModel() : new OpenAiCompatibleLanguageModel(settings);
}
