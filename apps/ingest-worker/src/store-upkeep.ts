import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { IdempotencyStore } from '../../../libs/core/src/ingest/idempotency-store.port';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';

const HOUR_MS = 3_600_000;
const RETRY_MS = 60_000;

/** What a writer's stores need from time to time: room for the coming days, and forgetting old Idempotency-Keys. */
@Injectable()
export class StoreUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    @Inject(LogStore) private readonly logs: LogStore,
    @Inject(MetricStore) private readonly metrics: MetricStore,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(AppLogger) private readonly log: AppLogger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.round();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private round(): Promise<void> {
    this.running = this.tryOnce().then((nextMs) => {
      if (!this.isStopping) this.timer = setTimeout(() => void this.round(), nextMs).unref();
    });
    return this.running;
  }

  /** Returns when to do it next. A failure costs nothing at once: there is room for days ahead. */
  private async tryOnce(): Promise<number> {
    try {
      const nowMs = this.clock.now();
      await this.logs.ensurePartitions(nowMs);
      await this.metrics.ensurePartitions(nowMs);
      await this.idempotency.deleteBefore(nowMs - this.config.values.IDEMPOTENCY_RETENTION_HOURS * HOUR_MS);
      return HOUR_MS;
    } catch (error) {
      this.log.warn({ err: error, retry_ms: RETRY_MS }, 'store upkeep failed');
      return RETRY_MS;
    }
  }
}
