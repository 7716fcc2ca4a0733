import { setTimeout as delay } from 'node:timers/promises';
import type { ManagedProcess } from './managed-process';

const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 600_000;
const FIRST_BACKOFF_MS = 500;

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
  private readonly restartedAtMs: number[] = [];

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
      if (!this.mayRestart(Date.now())) return this.events.givenUp(name, cause);
      this.events.restarting(name);
      await delay(FIRST_BACKOFF_MS * this.restartedAtMs.length);
      if (this.stopping) return;
      try {
        this.running = await this.startAgain();
      } catch (error) {
        cause = error;
      }
    }
  }

  private mayRestart(nowMs: number): boolean {
    while (this.restartedAtMs[0] !== undefined && this.restartedAtMs[0] < nowMs - RESTART_WINDOW_MS)
      this.restartedAtMs.shift();
    this.restartedAtMs.push(nowMs);
    return this.restartedAtMs.length <= MAX_RESTARTS;
  }
}
