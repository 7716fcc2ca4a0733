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

/** Where the signal aborts before it answers, what was begun is stopped, and that is an error. */
export type StartEngine<Engine extends RunningEngine> = (signal: AbortSignal) => Promise<Engine>;

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
  private readonly restarts = new RecentCount(RESTART_WINDOW_MS);
  private readonly watching: Promise<void>;

  private constructor(
    private running: Engine,
    private readonly startAgain: StartEngine<Engine>,
    private readonly events: EngineEvents,
    private readonly stopping: AbortController,
  ) {
    this.watching = this.watch();
  }

  static async start<Engine extends RunningEngine>(
    start: StartEngine<Engine>,
    events: EngineEvents,
  ): Promise<SupervisedEngine<Engine>> {
    const stopping = new AbortController();
    return new SupervisedEngine(await start(stopping.signal), start, events, stopping);
  }

  get current(): Engine {
    return this.running;
  }

  /** Also what is just being started again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running.stop();
    await this.watching;
  }

  private async watch(): Promise<void> {
    const name = this.running.process.name;
    const { signal } = this.stopping;
    let cause: unknown;
    for (;;) {
      await this.running.process.ended;
      if (signal.aborted) return;
      const restarts = this.restarts.note(Date.now());
      if (restarts > MAX_RESTARTS) return this.events.givenUp(name, cause);
      this.events.restarting(name);
      await delay(backoffDelayMs(restarts, BACKOFF, Math.random()), undefined, { signal }).catch(
        () => undefined,
      );
      if (signal.aborted) return;
      try {
        this.running = await this.startAgain(signal);
        // Told too late to be seen by it.
        if (signal.aborted) await this.running.stop();
      } catch (error) {
        cause = error;
      }
    }
  }
}
