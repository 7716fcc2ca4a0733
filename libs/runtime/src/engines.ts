import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderObjectStore } from '../../adapters/local/src/folder-object-store';
import { LocalQueryCache } from '../../adapters/local/src/local-query-cache';
import { LocalRateLimiter } from '../../adapters/local/src/local-rate-limiter';
import { PostgresAnomalyLabelStore } from '../../adapters/postgres/src/postgres-anomaly-label-store';
import { PostgresAnomalyStore } from '../../adapters/postgres/src/postgres-anomaly-store';
import { OpenSearchLogStore } from '../../adapters/opensearch/src/opensearch-log-store';
import { PostgresApiKeyStore } from '../../adapters/postgres/src/postgres-api-key-store';
import { PostgresChangeEventStore } from '../../adapters/postgres/src/postgres-change-event-store';
import { PostgresChannelStore } from '../../adapters/postgres/src/postgres-channel-store';
import { PostgresEvaluationCursorStore } from '../../adapters/postgres/src/postgres-evaluation-cursor-store';
import { PostgresIdempotencyStore } from '../../adapters/postgres/src/postgres-idempotency-store';
import { PostgresIncidentStore } from '../../adapters/postgres/src/postgres-incident-store';
import { PostgresIngestQueue } from '../../adapters/postgres/src/postgres-ingest-queue';
import { PostgresInvestigationStore } from '../../adapters/postgres/src/postgres-investigation-store';
import { PostgresLiveFeed } from '../../adapters/postgres/src/postgres-live-feed';
import { PostgresLogPatternLabelStore } from '../../adapters/postgres/src/postgres-log-pattern-label-store';
import { PostgresLogPatternStore } from '../../adapters/postgres/src/postgres-log-pattern-store';
import { PostgresLogStore } from '../../adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../adapters/postgres/src/postgres-project-store';
import { PostgresRuleStateStore } from '../../adapters/postgres/src/postgres-rule-state-store';
import { PostgresRuleStore } from '../../adapters/postgres/src/postgres-rule-store';
import { PostgresServiceEdgeStore } from '../../adapters/postgres/src/postgres-service-edge-store';
import { PostgresSharedClock } from '../../adapters/postgres/src/postgres-shared-clock';
import { PostgresSnapshotStore } from '../../adapters/postgres/src/postgres-snapshot-store';
import { RedisQueryCache } from '../../adapters/redis/src/redis-query-cache';
import { RedisRateLimiter } from '../../adapters/redis/src/redis-rate-limiter';
import { RabbitMqIngestQueue } from '../../adapters/rabbitmq/src/rabbitmq-ingest-queue';
import { RabbitMqLiveFeed } from '../../adapters/rabbitmq/src/rabbitmq-live-feed';
import { readS3Location } from '../../adapters/s3/src/s3-location';
import { S3ObjectStore } from '../../adapters/s3/src/s3-object-store';
import { OpsConfigError } from '../../config/src/config-error';
import { type EngineUrls, HOME_FOLDER_URL } from '../../config/src/engine-settings';
import { EvaluationCursorStore } from '../../core/src/alerting/evaluation-cursor-store.port';
import { RuleStateStore } from '../../core/src/alerting/rule-state-store.port';
import { RuleStore } from '../../core/src/alerting/rule-store.port';
import { systemClock } from '../../core/src/common/clock';
import { ObjectStore } from '../../core/src/common/object-store.port';
import { QueryCache } from '../../core/src/common/query-cache.port';
import { SharedClock } from '../../core/src/common/shared-clock.port';
import { systemStopwatch } from '../../core/src/common/stopwatch';
import { AnomalyLabelStore } from '../../core/src/anomalies/anomaly-label-store.port';
import { AnomalyStore } from '../../core/src/anomalies/anomaly-store.port';
import { IncidentStore } from '../../core/src/incidents/incident-store.port';
import { ChangeEventStore } from '../../core/src/ingest/change-event-store.port';
import { IdempotencyStore } from '../../core/src/ingest/idempotency-store.port';
import { IngestQueue } from '../../core/src/ingest/ingest-queue.port';
import { InvestigationStore } from '../../core/src/investigation/investigation-store.port';
import { LiveFeed } from '../../core/src/logs/live-feed.port';
import { LogPatternLabelStore } from '../../core/src/logs/log-pattern-label-store.port';
import { LogPatternStore } from '../../core/src/logs/log-pattern-store.port';
import { LogStore } from '../../core/src/logs/log-store.port';
import { MetricStore } from '../../core/src/metrics/metric-store.port';
import { ChannelStore } from '../../core/src/notify/channel-store.port';
import { ApiKeyStore } from '../../core/src/projects/api-key-store.port';
import { ProjectStore } from '../../core/src/projects/project-store.port';
import { RateLimiter } from '../../core/src/projects/rate-limiter.port';
import { ServiceEdgeStore } from '../../core/src/services/service-edge-store.port';
import { SnapshotStore } from '../../core/src/snapshots/snapshot-store.port';
import type { EngineContext } from './engine-context';
import { watchOpenSearch } from './watch-opensearch';
import { WatchedObjectStore } from './watched-object-store';

type PortClass<Port> = abstract new (...args: never[]) => Port;
type Factory<Port> = (context: EngineContext, url: string) => Port;

interface PortEngines<Port> {
  readonly port: PortClass<Port>;
  /** Which of the configured URLs selects its engine. */
  readonly placedBy: keyof EngineUrls;
  /** By URL scheme. */
  readonly engines: Readonly<Record<string, Factory<Port>>>;
}

/** Ties the factories' results to the port: another port's adapter does not compile. */
function port<Port>(
  port: PortClass<Port>,
  placedBy: keyof EngineUrls,
  engines: PortEngines<Port>['engines'],
): PortEngines<Port> {
  return {
    port,
    placedBy,
    engines: { ...engines, ...(engines['postgres:'] && { 'postgresql:': engines['postgres:'] }) },
  };
}

/** Redis without and with TLS. */
function redis<Port>(factory: Factory<Port>): Readonly<Record<string, Factory<Port>>> {
  return { 'redis:': factory, 'rediss:': factory };
}

function rabbitMqIngestQueue(context: EngineContext, url: string): IngestQueue {
  const {
    QUEUE_FRESH_BYTES,
    QUEUE_MAX_ATTEMPTS,
    QUEUE_NAME_PREFIX,
    QUEUE_PREFETCH_BYTES,
    WORKER_BATCH_RECORDS,
  } = context.config;
  const queue = new RabbitMqIngestQueue(context.rabbitmq(url), {
    maxAttempts: QUEUE_MAX_ATTEMPTS,
    prefix: QUEUE_NAME_PREFIX ?? '',
    // Two writes ahead, even where each message holds one record.
    window: { maxBytes: QUEUE_PREFETCH_BYTES, maxMessages: 2 * WORKER_BATCH_RECORDS },
    maxFreshBytes: QUEUE_FRESH_BYTES,
    clock: systemClock,
    log: context.log,
  });
  context.addCheck({
    name: 'rabbitmq confirms',
    // The other queues may take records.
    isOptional: true,
    check: () => Promise.resolve().then(() => queue.checkConfirms()),
  });
  context.onClose(() => queue.close());
  context.watchHeld((name) => queue.held(name));
  return queue;
}

function openSearchLogStore(context: EngineContext, url: string): LogStore {
  const indexPrefix = context.config.LOG_STORE_INDEX_PREFIX;
  const connection = context.opensearch(url);
  const store = new OpenSearchLogStore(connection, { indexPrefix, log: context.log });
  watchOpenSearch(context.metrics, connection, store);
  context.addCheck({ name: 'log indices', isOptional: true, check: () => store.check() });
  return store;
}

function postgresMetricStore(context: EngineContext, url: string): MetricStore {
  const store = new PostgresMetricStore(context.postgres(url), {
    maxSeries: context.config.METRIC_MAX_SERIES,
  });
  context.addCheck({ name: 'sample jobs', isOptional: true, check: () => store.checkJobs() });
  context.addCheck({ name: 'series', isOptional: true, check: () => store.checkSeries() });
  context.metrics.gauge({
    name: 'opspilot_largest_project_series',
    help: 'Series of the project that has most of them, which METRIC_MAX_SERIES bounds',
    collect: async (gauge) => {
      const most = await store.mostSeries();
      if (most === undefined) gauge.remove();
      else gauge.set(most);
    },
  });
  return store;
}

function folderObjectStore(context: EngineContext, url: string): ObjectStore {
  const { OPSPILOT_HOME, OBJECT_MAX_BYTES } = context.config;
  const isOwn = url === HOME_FOLDER_URL;
  if (!isOwn && new URL(url).host !== '')
    throw new OpsConfigError(['OBJECT_STORE_URL: must be file:/// and a whole path']);
  const folder = isOwn ? path.resolve(OPSPILOT_HOME, 'objects') : fileURLToPath(url);
  const store = new WatchedObjectStore(new FolderObjectStore(folder, OBJECT_MAX_BYTES));
  context.addCheck({ name: 'files', isOptional: true, check: () => store.checkWritable() });
  return store;
}

function s3ObjectStore(context: EngineContext, url: string): ObjectStore {
  const location = readS3Location(url);
  if (location === undefined)
    throw new OpsConfigError([
      'OBJECT_STORE_URL: must name a host and one bucket, with key and secret percent-encoded',
    ]);
  const { OBJECT_MAX_BYTES: maxBytes, OBJECT_STORE_TIMEOUT_MS: timeoutMs } = context.config;
  const s3 = new S3ObjectStore({ location, maxBytes, timeoutMs });
  const store = new WatchedObjectStore(s3);
  const check = async () => {
    await s3.check();
    await store.checkWritable();
  };
  context.onClose(() => s3.close());
  context.addCheck({ name: 's3', isOptional: true, check });
  return store;
}

function rabbitMqLiveFeed(context: EngineContext, url: string): LiveFeed {
  const feed = new RabbitMqLiveFeed(context.rabbitmq(url), {
    bufferRecords: context.config.LOG_STREAM_BUFFER_RECORDS,
    prefix: context.config.QUEUE_NAME_PREFIX ?? '',
    stopwatch: systemStopwatch,
    log: context.log,
  });
  context.onClose(() => feed.close());
  return feed;
}

/** Every port that an engine serves, and which adapter serves it for which URL scheme. The only place that knows. */
export const ENGINES = {
  ingestQueue: port(IngestQueue, 'queue', {
    'postgres:': (context, url) => {
      const queue = new PostgresIngestQueue(context.postgres(url), {
        maxAttempts: context.config.QUEUE_MAX_ATTEMPTS,
        maxFreshBytes: context.config.QUEUE_FRESH_BYTES,
        log: context.log,
      });
      context.onClose(() => queue.close());
      return queue;
    },
    'amqp:': rabbitMqIngestQueue,
    'amqps:': rabbitMqIngestQueue,
  }),
  liveFeed: port(LiveFeed, 'queue', {
    'postgres:': (context, url) => {
      const feed = new PostgresLiveFeed(context.postgres(url), {
        bufferRecords: context.config.LOG_STREAM_BUFFER_RECORDS,
        stopwatch: systemStopwatch,
        log: context.log,
      });
      context.onClose(() => feed.close());
      return feed;
    },
    'amqp:': rabbitMqLiveFeed,
    'amqps:': rabbitMqLiveFeed,
  }),
  logStore: port(LogStore, 'logStore', {
    'postgres:': (context, url) => new PostgresLogStore(context.postgres(url)),
    'http:': openSearchLogStore,
    'https:': openSearchLogStore,
  }),
  logPatternStore: port(LogPatternStore, 'catalog', {
    'postgres:': (context, url) => new PostgresLogPatternStore(context.postgres(url)),
  }),
  logPatternLabelStore: port(LogPatternLabelStore, 'catalog', {
    'postgres:': (context, url) => new PostgresLogPatternLabelStore(context.postgres(url)),
  }),
  metricStore: port(MetricStore, 'metricStore', {
    'postgres:': postgresMetricStore,
  }),
  anomalyStore: port(AnomalyStore, 'catalog', {
    'postgres:': (context, url) => new PostgresAnomalyStore(context.postgres(url)),
  }),
  anomalyLabelStore: port(AnomalyLabelStore, 'catalog', {
    'postgres:': (context, url) => new PostgresAnomalyLabelStore(context.postgres(url)),
  }),
  idempotencyStore: port(IdempotencyStore, 'catalog', {
    'postgres:': (context, url) => new PostgresIdempotencyStore(context.postgres(url)),
  }),
  changeEventStore: port(ChangeEventStore, 'catalog', {
    'postgres:': (context, url) => new PostgresChangeEventStore(context.postgres(url)),
  }),
  projectStore: port(ProjectStore, 'catalog', {
    'postgres:': (context, url) => new PostgresProjectStore(context.postgres(url)),
  }),
  apiKeyStore: port(ApiKeyStore, 'catalog', {
    'postgres:': (context, url) => new PostgresApiKeyStore(context.postgres(url)),
  }),
  sharedClock: port(SharedClock, 'catalog', {
    'postgres:': (context, url) => new PostgresSharedClock(context.postgres(url)),
  }),
  ruleStore: port(RuleStore, 'catalog', {
    'postgres:': (context, url) => new PostgresRuleStore(context.postgres(url)),
  }),
  ruleStateStore: port(RuleStateStore, 'catalog', {
    'postgres:': (context, url) => new PostgresRuleStateStore(context.postgres(url)),
  }),
  evaluationCursorStore: port(EvaluationCursorStore, 'catalog', {
    'postgres:': (context, url) => new PostgresEvaluationCursorStore(context.postgres(url)),
  }),
  channelStore: port(ChannelStore, 'catalog', {
    'postgres:': (context, url) => new PostgresChannelStore(context.postgres(url)),
  }),
  incidentStore: port(IncidentStore, 'catalog', {
    'postgres:': (context, url) => new PostgresIncidentStore(context.postgres(url)),
  }),
  investigationStore: port(InvestigationStore, 'catalog', {
    'postgres:': (context, url) => new PostgresInvestigationStore(context.postgres(url)),
  }),
  serviceEdgeStore: port(ServiceEdgeStore, 'catalog', {
    'postgres:': (context, url) => new PostgresServiceEdgeStore(context.postgres(url)),
  }),
  snapshotStore: port(SnapshotStore, 'catalog', {
    'postgres:': (context, url) => new PostgresSnapshotStore(context.postgres(url)),
  }),
  objectStore: port(ObjectStore, 'objects', {
    'file:': folderObjectStore,
    's3:': s3ObjectStore,
    's3+http:': s3ObjectStore,
  }),
  rateLimiter: port(RateLimiter, 'cache', {
    'memory:': () => new LocalRateLimiter(systemClock),
    ...redis((context, url) => new RedisRateLimiter(context.redis(url))),
  }),
  queryCache: port(QueryCache, 'cache', {
    'memory:': ({ config }) =>
      new LocalQueryCache({
        stopwatch: systemStopwatch,
        maxBytes: config.QUERY_CACHE_MAX_BYTES,
        maxEntryBytes: config.QUERY_CACHE_MAX_ENTRY_BYTES,
      }),
    ...redis(
      (context, url) => new RedisQueryCache(context.redis(url), context.config.QUERY_CACHE_MAX_ENTRY_BYTES),
    ),
  }),
};

const VARIABLE: Readonly<Record<keyof EngineUrls, string>> = {
  catalog: 'DATABASE_URL',
  logStore: 'LOG_STORE_URL',
  metricStore: 'METRIC_STORE_URL',
  queue: 'QUEUE_URL',
  cache: 'CACHE_URL',
  objects: 'OBJECT_STORE_URL',
};

/**
 * The adapter that a URL selects for a port.
 * Errors: OpsConfigError that names the variable and the schemes there are.
 */
export function selectEngine<Port>(entry: PortEngines<Port>, urls: EngineUrls, context: EngineContext): Port {
  const url = urls[entry.placedBy];
  const factory = entry.engines[new URL(url).protocol];
  if (factory === undefined) {
    const schemes = Object.keys(entry.engines).map((scheme) =>
      scheme === 'memory:' ? scheme : `${scheme}//`,
    );
    throw new OpsConfigError([`${VARIABLE[entry.placedBy]}: must begin with ${schemes.join(' or ')}`]);
  }
  return factory(context, url);
}
