import type { Pool } from 'pg';
import { LogIndexNames } from '../../adapters/opensearch/src/index-names';
import { OpenSearchConnection } from '../../adapters/opensearch/src/opensearch-connection';
import { checkSchema } from '../../adapters/postgres/src/check-schema';
import { checkWritable } from '../../adapters/postgres/src/check-writable';
import { FullDiskWatch } from '../../adapters/postgres/src/full-disk-watch';
import { createPool } from '../../adapters/postgres/src/pool';
import { Broker, BROKER_STATES } from '../../adapters/rabbitmq/src/broker';
import { REDIS_STATES, RedisConnection } from '../../adapters/redis/src/redis-connection';
import type { EngineUrls } from '../../config/src/engine-settings';
import type { Config } from '../../config/src/load-config';
import type { HealthCheck } from '../../core/src/common/health-check';
import { systemStopwatch } from '../../core/src/common/stopwatch';
import { INGEST_QUEUES, type IngestQueueName } from '../../core/src/ingest/ingest-queue.port';
import type { AppLogger } from '../../observability/src/app-logger';
import type { AppMetrics } from '../../observability/src/app-metrics';
import { engineCheckName } from './engine-check-name';
import type { HealthChecks } from './health-checks';
import { lookupInTurn } from './lookup-in-turn';
import { migrationNames } from './migration-files';
import { isNeeded } from './needed-engines';

/** PostgreSQL cuts longer ones. */
const MAX_NAME_LENGTH = 63;

/** What the factories of engines.ts build from. Connections to one URL are shared by all ports that it serves. */
export class EngineContext {
  private readonly pools = new Map<string, Pool>();
  private readonly redisConnections = new Map<string, RedisConnection>();
  private readonly openSearches = new Map<string, OpenSearchConnection>();
  private readonly brokers = new Map<string, Broker>();
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly applicationName: string;
  /** Of the code that runs, whatever is put into its folder later. */
  private readonly migrations = migrationNames();

  constructor(
    readonly config: Config,
    readonly log: AppLogger,
    readonly metrics: AppMetrics,
    private readonly health: HealthChecks,
    private readonly urls: EngineUrls,
    readonly roles: readonly string[],
  ) {
    this.applicationName = `opspilot ${roles.join(',')}`.slice(0, MAX_NAME_LENGTH);
  }

  postgres(url: string): Pool {
    const known = this.pools.get(url);
    if (known !== undefined) return known;
    const pool = createPool({
      url,
      size: this.config.DATABASE_POOL_SIZE,
      statementTimeoutMs: this.config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: this.applicationName,
      onIdleError: (error) => this.log.warn({ err: error }, 'postgres connection lost'),
    });
    this.pools.set(url, pool);
    this.onClose(() => pool.end());
    const schema = this.checkOf('postgres', url);
    this.health.add({ ...schema, check: () => checkSchema(pool, this.migrations) });
    const disk = new FullDiskWatch(pool, systemStopwatch);
    this.health.add({
      name: `${schema.name} writes`,
      // What reads goes on, and so does ingest, unless its queue is there.
      isOptional: !(this.urls.queue === url && this.roles.includes('ingest')),
      check: () => checkWritable(pool, disk),
    });
    return pool;
  }

  redis(url: string): RedisConnection {
    const known = this.redisConnections.get(url);
    if (known !== undefined) return known;
    const connection = new RedisConnection({
      url,
      timeoutMs: this.config.CACHE_TIMEOUT_MS,
      applicationName: this.applicationName,
      log: this.log,
      metrics: this.metrics,
    });
    this.redisConnections.set(url, connection);
    this.onClose(() => connection.close());
    this.health.add({
      ...this.checkOf('redis', url),
      check: () => connection.check(),
    });
    this.metrics.gauge({
      name: 'opspilot_redis_connections',
      help: 'Connections to Redis: up, refused (the password, or every write), down',
      labels: ['state'],
      collect: async (gauge) => {
        // Asked for: a role that has no use for Redis would not find out by itself.
        const states = await Promise.all([...this.redisConnections.values()].map((one) => one.state()));
        for (const state of REDIS_STATES) gauge.set({ state }, states.filter((one) => one === state).length);
      },
    });
    return connection;
  }

  opensearch(url: string): OpenSearchConnection {
    const known = this.openSearches.get(url);
    if (known !== undefined) return known;
    const connection = new OpenSearchConnection({
      url,
      timeoutMs: this.config.LOG_STORE_TIMEOUT_MS,
      connections: this.config.LOG_STORE_CONNECTIONS,
      lookup: lookupInTurn(),
      indices: new LogIndexNames(this.config.LOG_STORE_INDEX_PREFIX).patterns,
    });
    this.openSearches.set(url, connection);
    this.onClose(() => connection.close());
    this.health.add({
      ...this.checkOf('opensearch', url),
      check: () => connection.check(),
    });
    return connection;
  }

  rabbitmq(url: string): Broker {
    const known = this.brokers.get(url);
    if (known !== undefined) return known;
    const { applicationName, log } = this;
    const broker = new Broker({ url, applicationName, log, lookup: lookupInTurn() });
    this.brokers.set(url, broker);
    this.onClose(() => broker.close());
    this.health.add({
      ...this.checkOf('rabbitmq', url),
      check: () => broker.check(),
    });
    this.metrics.gauge({
      name: 'opspilot_broker_connections',
      help: 'Connections to RabbitMQ: up, refused (such as a queue with other arguments), blocked (short of memory or disk), down',
      labels: ['state'],
      collect: async (gauge) => {
        const brokers = [...this.brokers.values()];
        // An alarm shows only to those who ask; what is wrong with a broker is logged where it is met.
        await Promise.allSettled(brokers.map((one) => one.check()));
        const states = brokers.flatMap((one) => one.states());
        for (const state of BROKER_STATES) gauge.set({ state }, states.filter((one) => one === state).length);
      },
    });
    return broker;
  }

  private checkOf(engine: string, url: string): Pick<HealthCheck, 'name' | 'isOptional'> {
    return {
      name: engineCheckName(engine, url, this.urls),
      isOptional: !isNeeded(url, this.urls, this.roles),
    };
  }

  /** Shows at each scrape what the consumers of this process hold ahead of their writes. */
  watchHeld(held: (queue: IngestQueueName) => { readonly messages: number; readonly bytes: number }): void {
    const gauge = (name: string, help: string, read: (queue: IngestQueueName) => number) =>
      this.metrics.gauge({
        name,
        help,
        labels: ['queue'],
        collect: (set) => INGEST_QUEUES.forEach((queue) => set.set({ queue }, read(queue))),
      });
    gauge(
      'opspilot_queue_held_messages',
      'Messages taken from RabbitMQ and not done with',
      (queue) => held(queue).messages,
    );
    gauge(
      'opspilot_queue_held_bytes',
      'Bytes taken from RabbitMQ and not done with',
      (queue) => held(queue).bytes,
    );
  }

  /** Shows at each scrape how busy the connections are, added over the pools of this process. */
  watchConnections(): void {
    this.metrics.gauge({
      name: 'opspilot_database_connections',
      help: 'Connections to PostgreSQL: busy, idle, and callers that wait for one',
      labels: ['state'],
      collect: (gauge) => {
        const counts = { busy: 0, idle: 0, waiting: 0 };
        for (const { totalCount, idleCount, waitingCount } of this.pools.values()) {
          counts.busy += totalCount - idleCount;
          counts.idle += idleCount;
          counts.waiting += waitingCount;
        }
        for (const [state, count] of Object.entries(counts)) gauge.set({ state }, count);
      },
    });
  }

  /** For what an adapter depends on besides its connection. */
  addCheck(check: HealthCheck): void {
    this.health.add(check);
  }

  /** Closed in the opposite order of being opened. */
  onClose(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) await close();
  }
}
