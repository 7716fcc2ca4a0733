import { setTimeout as delay } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../../libs/core/src/common/backoff-delay';
import type { Logger } from '../../../libs/observability/src/app-logger';
import { describeTemporalProblem } from '../../../libs/runtime/src/describe-temporal-problem';
import type { Reconciliation } from './schedules.reconciler';

const EVERY_MS = 60_000;
const RETRY: Backoff = { firstMs: 500, maxMs: 30_000 };

export interface ScheduleKeeperOptions {
  /** Puts right what is not as it must be. */
  readonly reconcile: () => Promise<Reconciliation>;
  /** Called where schedules were missing: a server that has lost them has lost more. */
  readonly onLost: () => Promise<void>;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/**
 * Looks every minute whether the schedules are still there. Where Temporal comes back with an older database or an empty one, or somebody
 * deletes a schedule, workers go on as if nothing had happened, and nothing is evaluated any more.
 */
export class ScheduleKeeper {
  /** Why they could not be looked at, in words. */
  problem: string | undefined;
  private wasLost = false;

  constructor(private readonly options: ScheduleKeeperOptions) {}

  /** Until the signal comes. What goes wrong is told once, shown as `problem`, and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyMs = EVERY_MS } = this.options;
    let failures = 0;
    for (;;) {
      const waitMs = failures === 0 ? everyMs : backoffDelayMs(failures, RETRY, Math.random());
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.look();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.tell(error);
      }
    }
  }

  private async look(): Promise<void> {
    const { created } = await this.options.reconcile();
    this.wasLost ||= created.length > 0;
    if (this.wasLost) await this.options.onLost();
    this.wasLost = false;
    this.problem = undefined;
  }

  private tell(error: unknown): void {
    const problem =
      describeTemporalProblem(error) ?? (error instanceof Error ? error.message : String(error));
    if (problem !== this.problem)
      this.options.logger.warn({ err: error, problem }, 'schedules cannot be looked at, trying again');
    this.problem = problem;
  }
}
