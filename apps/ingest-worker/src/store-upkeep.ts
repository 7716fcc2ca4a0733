import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SharedClock } from '../../../libs/core/src/common/shared-clock.port';
import { IdempotencyStore } from '../../../libs/core/src/ingest/idempotency-store.port';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { ToldProblems } from '../../../libs/observability/src/told-problems';
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
  private readonly told = new ToldProblems();

  constructor(
    @Inject(LogStore) private readonly logs: LogStore,
    @Inject(MetricStore) private readonly metrics: MetricStore,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(SharedClock) private readonly sharedClock: SharedClock,
    @Inject(AppLogger) private readonly log: AppLogger,
  ) {}

  /**
   * Does not wait for the first round: while a store hangs, the worker still has to say that it lives. Nothing that is written needs it:
   * on PostgreSQL, rows of a day without a partition move into it once there is one; on OpenSearch, a write makes its own index.
   */
  onApplicationBootstrap(): void {
    void this.round();
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

  /**
   * Returns when to do it next. A failure costs nothing at once: there is room for days ahead. One store that hangs or fails keeps no
   * other waiting, whose rows would pile up where they must be moved from.
   */
  private async tryOnce(): Promise<number> {
    const nowMs = this.clock.now();
    const areDone = await Promise.all([
      this.isDone('room for log records', () => this.logs.ensurePartitions(nowMs)),
      this.isDone('room for samples', () => this.metrics.ensurePartitions(nowMs)),
      this.isDone('forgetting Idempotency-Keys', () => this.forgetKeys()),
    ]);
    return areDone.every(Boolean) ? HOUR_MS : RETRY_MS;
  }

  private async isDone(upkeep: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (this.told.isOver(upkeep)) this.log.info({ upkeep }, 'store upkeep succeeds again');
      return true;
    } catch (error) {
      const level = this.told.isNews(upkeep, error) ? 'warn' : 'debug';
      this.log[level]({ err: error, upkeep, retry_ms: RETRY_MS }, 'store upkeep failed');
      return false;
    }
  }

  /** Others set when they were claimed: by a clock that is a day ahead of theirs, all would go, and what a client repeats be stored twice. */
  private async forgetKeys(): Promise<void> {
    const keptMs = this.config.values.IDEMPOTENCY_RETENTION_HOURS * HOUR_MS;
    const nowMs = await this.sharedClock.now();
    await this.idempotency.deleteBefore(nowMs - keptMs, async () => !this.isStopping);
  }
}
