import type { Pool } from 'pg';
import { createPool } from '../../adapters/postgres/src/pool';
import type { EngineUrls } from '../../config/src/engine-settings';
import type { Config } from '../../config/src/load-config';
import type { AppLogger } from '../../observability/src/app-logger';
import type { AppMetrics } from '../../observability/src/app-metrics';
import { engineCheckName } from './engine-check-name';
import type { HealthChecks } from './health-checks';

/** What the factories of engines.ts build from. Connections to one URL are shared by all ports that it serves. */
export class EngineContext {
  private readonly pools = new Map<string, Pool>();
  private readonly closers: (() => Promise<void>)[] = [];

  constructor(
    readonly config: Config,
    readonly log: AppLogger,
    private readonly health: HealthChecks,
    private readonly urls: EngineUrls,
    private readonly applicationName: string,
  ) {}

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
    this.health.add({
      name: engineCheckName('postgres', url, this.urls),
      check: async () => void (await pool.query('SELECT 1')),
    });
    return pool;
  }

  /** Shows at each scrape how busy the connections are, added over the pools of this process. */
  watchConnections(metrics: AppMetrics): void {
    metrics.gauge({
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

  /** Closed in the opposite order of being opened. */
  onClose(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) await close();
  }
}
