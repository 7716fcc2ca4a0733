import { setTimeout as delay } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../../libs/core/src/common/backoff-delay';
import { RecentCount } from '../../../libs/core/src/common/recent-count';
import type { ManagedProcess } from './managed-process';

const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 600_000;
const BACKOFF: Backoff = { firstMs: 500, maxMs: 5_000 };

export interface RunningEngine {
  readonly process: ManagedProcess;
  stop(): Promise<void>;
}

export interface EngineEvents {
  readonly restarting: (name: string) => void;
  /** It ended too often: OpsPilot cannot go on. */
  readonly givenUp: (name: string, cause: unknown) => void;
}

/**
 * Keeps an engine running: one that ends by itself is started again, at most five times in ten minutes.
 * The roles reconnect by themselves meanwhile.
 */
export class SupervisedEngine<Engine extends RunningEngine> {
  private stopping = false;
  private readonly restarts = new RecentCount(RESTART_WINDOW_MS);

  private constructor(
    private running: Engine,
    private readonly startAgain: () => Promise<Engine>,
    private readonly events: EngineEvents,
  ) {
    void this.watch();
  }

  static async start<Engine extends RunningEngine>(
    start: () => Promise<Engine>,
    events: EngineEvents,
  ): Promise<SupervisedEngine<Engine>> {
    return new SupervisedEngine(await start(), start, events);
  }

  get current(): Engine {
    return this.running;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running.stop();
  }

  private async watch(): Promise<void> {
    const name = this.running.process.name;
    let cause: unknown;
    for (;;) {
      await this.running.process.ended;
      if (this.stopping) return;
      const restarts = this.restarts.note(Date.now());
      if (restarts > MAX_RESTARTS) return this.events.givenUp(name, cause);
      this.events.restarting(name);
      await delay(backoffDelayMs(restarts, BACKOFF, Math.random()));
      if (this.stopping) return;
      try {
        this.running = await this.startAgain();
      } catch (error) {
        cause = error;
      }
    }
  }
}
