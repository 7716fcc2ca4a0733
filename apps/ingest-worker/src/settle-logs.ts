import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { ToldProblems } from '../../../libs/observability/src/told-problems';
import { AppClock } from '../../../libs/runtime/src/app-clock';

/** More often costs the writer more than searches save: at full load PostgreSQL settles twice a second by itself. */
const DELAY_MS = 2000;
const SUBJECT = 'settle';

/** Lets the log store settle soon after records were written, at most every two seconds. */
@Injectable()
export class SettleLogs implements BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;
  /** Since it last began: what is written while it settles may come too late for it. */
  private isDueAgain = false;
  private readonly told = new ToldProblems();

  constructor(
    @Inject(LogStore) private readonly logs: LogStore,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(AppLogger) private readonly log: AppLogger,
  ) {}

  /** After each write. Where it fails, searches are slower and nothing is lost: the next write is followed by another attempt. */
  soon(): void {
    this.isDueAgain = true;
    if (this.isStopping || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.isDueAgain = false;
      this.running = this.settle().finally(() => {
        this.timer = undefined;
        if (this.isDueAgain) this.soon();
      });
    }, DELAY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async settle(): Promise<void> {
    try {
      await this.logs.settle(this.clock.now());
      if (this.told.isOver(SUBJECT)) this.log.info('log store settles again');
    } catch (error) {
      if (this.told.isNews(SUBJECT, error)) this.log.warn({ err: error }, 'log store could not settle');
    }
  }
}
