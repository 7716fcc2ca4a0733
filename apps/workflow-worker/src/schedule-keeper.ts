import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Backoff, backoffDelayMs } from '../../../libs/core/src/common/backoff-delay';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { Logger } from '../../../libs/observability/src/app-logger';
import { describeTemporalProblem } from '../../../libs/runtime/src/describe-temporal-problem';
import type { Reconciliation } from './schedules.reconciler';

const EVERY_MS = 60_000;
const PAUSED = 'schedules are paused, nothing of theirs is done until somebody unpauses them in Temporal';
/** Of an interval's shards there may be hundreds. */
const PAUSED_SHOWN = 5;
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
  /** Those that somebody has paused. They stay so: whoever did it has a reason, such as a store that must be left alone. */
  paused: readonly string[] = [];
  private wasLost = false;

  constructor(private readonly options: ScheduleKeeperOptions) {}

  /** Until the signal comes. What goes wrong is told once, shown as `problem`, and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyMs = EVERY_MS } = this.options;
    // A Temporal that hangs is waited for up to a minute, and whoever stops does not wait for it.
    const stopped = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    let failures = 0;
    for (;;) {
      const waitMs = failures === 0 ? everyMs : backoffDelayMs(failures, RETRY, Math.random());
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await Promise.race([this.look(), stopped]);
        failures = 0;
      } catch (error) {
        failures += 1;
        this.tell(error);
      }
    }
  }

  /** Tells which schedules are paused, where they are others than before. */
  notePaused(paused: readonly string[]): void {
    const before = this.paused;
    this.paused = paused;
    if (isDeepStrictEqual(paused, before)) return;
    if (paused.length === 0) this.options.logger.info('no schedule is paused any more');
    else this.options.logger.warn({ schedules: paused }, PAUSED);
  }

  /** Errors: OpsError `unavailable` while schedules are paused. */
  checkPaused(): Promise<void> {
    if (this.paused.length === 0) return Promise.resolve();
    const shown = this.paused.slice(0, PAUSED_SHOWN).join(', ');
    const more = this.paused.length > PAUSED_SHOWN ? ` and ${this.paused.length - PAUSED_SHOWN} more` : '';
    return Promise.reject(
      new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', `${PAUSED}: ${shown}${more}`),
    );
  }

  private async look(): Promise<void> {
    const { created, paused } = await this.options.reconcile();
    this.notePaused(paused);
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
