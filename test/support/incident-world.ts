import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ThreadCauseRanking } from '../../libs/adapters/local/src/thread-cause-ranking';
import { PostgresChangeEventStore } from '../../libs/adapters/postgres/src/postgres-change-event-store';
import { PostgresChannelStore } from '../../libs/adapters/postgres/src/postgres-channel-store';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresInvestigationStore } from '../../libs/adapters/postgres/src/postgres-investigation-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresRuleStateStore } from '../../libs/adapters/postgres/src/postgres-rule-state-store';
import { PostgresRuleStore } from '../../libs/adapters/postgres/src/postgres-rule-store';
import { PostgresServiceEdgeStore } from '../../libs/adapters/postgres/src/postgres-service-edge-store';
import { PostgresSharedClock } from '../../libs/adapters/postgres/src/postgres-shared-clock';
import { WebhookNotifier } from '../../libs/adapters/notify/src/webhook-notifier';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { type Clock, systemClock } from '../../libs/core/src/common/clock';
import { asId, type ChannelId, type IncidentId } from '../../libs/core/src/common/ids';
import type { TimelineEvent, TimelineEventBody } from '../../libs/core/src/incidents/timeline-event';
import type { LanguageModel } from '../../libs/core/src/investigation/language-model.port';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { createIncidentMetrics } from '../../workflows/incident/incident-metrics';
import { createIncidentActivities } from '../../workflows/incident/incident.activities';
import { createIncidentSweepActivities } from '../../workflows/incident/incident-sweep.activities';
import { TemporalIncidentCommands } from '../../workflows/incident/incident.client';
import { readTimeline } from '../../workflows/incident/read-timeline';
import { createInvestigationMetrics } from '../../workflows/investigation/investigation-metrics';
import { createInvestigationActivities } from '../../workflows/investigation/investigation.activities';
import { TemporalInvestigationStarter } from '../../workflows/investigation/investigation.client';
import { createNotificationMetrics } from '../../workflows/notification/notification-metrics';
import { createNotificationActivities } from '../../workflows/notification/notification.activities';
import type { NotificationActivities } from '../../workflows/notification/notification.contract';
import { startCatalog } from './start-catalog';
import { startTemporalTestWorker } from './temporal-test-worker';

/** Those who answer are in the same process, which may be busy. */
const ANSWER_TIMEOUT_MS = 20_000;
const CHANNELS_MAX = 100;

export interface IncidentWorldOptions {
  readonly languageModel: LanguageModel;
  readonly autoResolveSeconds?: number;
  readonly maxAttempts?: number;
  /** How long receivers and a model are waited for. */
  readonly answerTimeoutMs?: number;
  readonly clock?: Clock;
  /** In place of PostgreSQL's. */
  readonly logStore?: LogStore;
  /** Lets a test break off activities. */
  readonly wrapNotification?: (activities: NotificationActivities) => NotificationActivities;
}

const asTheyAre = (activities: NotificationActivities) => activities;

export type IncidentWorld = Awaited<ReturnType<typeof startIncidentWorld>>;

/** Everything that incidents need, real: a database of its own, a Temporal worker of its own, and what callers use. */
export async function startIncidentWorld(options: IncidentWorldOptions) {
  const catalog = await startCatalog();
  const { pool } = catalog;
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  const incidentCounters = createIncidentMetrics(metrics);
  const incidentStore = new PostgresIncidentStore(pool);
  const channelStore = new PostgresChannelStore(pool);
  const ruleStore = new PostgresRuleStore(pool);
  const stores = {
    incidentStore,
    ruleStore,
    logStore: options.logStore ?? new PostgresLogStore(pool),
    metricStore: new PostgresMetricStore(pool),
    changeEventStore: new PostgresChangeEventStore(pool),
    serviceEdgeStore: new PostgresServiceEdgeStore(pool),
    investigationStore: new PostgresInvestigationStore(pool),
  };
  const ruleStateStore = new PostgresRuleStateStore(pool);
  const investigationActivities = createInvestigationActivities({
    ...stores,
    languageModel: options.languageModel,
    causeRanking: new ThreadCauseRanking({ maxInlineItems: Infinity }),
    counters: createInvestigationMetrics(metrics),
    clock,
    limits: { maxSeries: 500, maxPatterns: 500 },
    evaluationDelayMs: 0,
    baselineMinutes: 30,
    modelTimeoutMs: timeoutMs,
    modelMaxOutputTokens: 500,
  });
  const incidentActivities = (client: Client, taskQueue: string) => {
    const shared = { incidentStore, client, taskQueue, counters: incidentCounters };
    const handover = createIncidentActivities({
      ...shared,
      channelStore,
      autoResolveSeconds: options.autoResolveSeconds ?? 3600,
    });
    const sweep = createIncidentSweepActivities({
      ...shared,
      projects: new PostgresProjectStore(pool),
      states: ruleStateStore,
      handover,
      investigationStore: stores.investigationStore,
      closing: investigationActivities,
      logger: createLogger({ level: 'silent', role: 'test' }),
    });
    return { ...handover, ...sweep };
  };
  const worker = await startTemporalTestWorker((client, taskQueue) => ({
    ...incidentActivities(client, taskQueue),
    ...investigationActivities,
    ...(options.wrapNotification ?? asTheyAre)(
      createNotificationActivities({
        incidentStore,
        channelStore,
        notifier: new WebhookNotifier({ timeoutMs }),
        clock,
        counters: createNotificationMetrics(metrics),
        limits: { maxAttempts: options.maxAttempts ?? 5, firstBackoffMs: 50, timeoutMs },
        publicUrl: 'http://127.0.0.1:3000',
      }),
    ),
  }));
  const { client, taskQueue } = worker;
  return {
    ...stores,
    pool,
    channelStore,
    ruleStateStore,
    client,
    taskQueue,
    commands: new TemporalIncidentCommands({ client, incidentStore, clock: systemClock, taskQueue }),
    investigations: new TemporalInvestigationStarter({
      client,
      incidentStore,
      investigationStore: stores.investigationStore,
      clock,
      sharedClock: new PostgresSharedClock(pool),
      taskQueue,
    }),
    activities: incidentActivities(client, taskQueue),
    metrics,
    newScope: () => catalog.newScope(),
    timeline: (scope: ProjectScope, id: IncidentId) => readTimeline(incidentStore, scope, id),
    addChannel: (scope: ProjectScope, name: string, url: string, createdAtMs = 0) =>
      channelStore.create(
        scope,
        {
          id: asId<ChannelId>(randomUUID()),
          projectId: scope.projectId,
          name,
          enabled: true,
          kind: 'webhook',
          url,
          secret: 'whsec-test',
          createdAtMs,
        },
        CHANNELS_MAX,
      ),
    stop: async () => {
      await worker.stop();
      await catalog.end();
    },
  };
}

/** A transition of an alert episode, as an evaluation decides it. */
export function transitionOf(scope: ProjectScope, change: Partial<Transition> = {}): Transition {
  return {
    kind: 'fired',
    projectId: scope.projectId,
    ruleId: asId(randomUUID()),
    ruleName: 'checkout errors',
    labels: {},
    episodeId: randomUUID(),
    evaluatedAtMs: Date.now(),
    sinceMs: Date.now() - 10_000,
    value: 42,
    threshold: 5,
    condition: 'count(error) > 5 over 1m',
    severity: 'warning',
    serviceName: 'checkout',
    incidentGroup: 'default',
    ...change,
  };
}

type BodyOf<Kind extends TimelineEventBody['kind']> = Extract<TimelineEventBody, { readonly kind: Kind }>;

/** The events of one kind, in order. */
export function bodiesOf<Kind extends TimelineEventBody['kind']>(
  timeline: readonly TimelineEvent[],
  kind: Kind,
): readonly BodyOf<Kind>[] {
  return timeline.flatMap(({ body }) => (body.kind === kind ? [body as BodyOf<Kind>] : []));
}
