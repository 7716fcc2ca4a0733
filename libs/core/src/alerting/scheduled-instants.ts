import type { IntervalSeconds } from './rule';

export interface DueRequest {
  readonly intervalSeconds: IntervalSeconds;
  /** The instant this run stands for: a multiple of the interval. */
  readonly scheduledAtMs: number;
  /** An instant that somebody asked for, within the interval that begins with the scheduled one. */
  readonly requestedAtMs?: number;
  /** The last instant that is done, or from which on there is something to do. */
  readonly cursorMs: number;
  /** Instants older than this before the scheduled one are given up. */
  readonly catchUpMs: number;
  /** At most so many in one run; the oldest first, the rest is for the next run. */
  readonly limit: number;
}

export interface DueInstants {
  /** Ascending, each one interval after the one before; then the requested one, where no other is left before it. */
  readonly instants: readonly number[];
  /** How many missed instants were too old to be made up for. */
  readonly givenUp: number;
  /** Whether scheduled instants are left for another run. */
  readonly isBehind: boolean;
}

/** Which instants a run has to evaluate: its own, those that earlier runs missed, and the one that was asked for, if any. */
export function dueInstants(request: DueRequest): DueInstants {
  const { instants, givenUp, isBehind } = dueOfSchedule(request);
  const { scheduledAtMs, requestedAtMs, cursorMs } = request;
  const isWanted = requestedAtMs !== undefined && requestedAtMs > Math.max(scheduledAtMs, cursorMs);
  return { instants: isWanted && !isBehind ? [...instants, requestedAtMs] : instants, givenUp, isBehind };
}

function dueOfSchedule(request: DueRequest): DueInstants {
  const { scheduledAtMs, cursorMs, limit } = request;
  const intervalMs = request.intervalSeconds * 1000;
  const pending = Math.max(0, Math.ceil((scheduledAtMs - cursorMs) / intervalMs));
  const kept = Math.min(pending, Math.floor(request.catchUpMs / intervalMs) + 1);
  const count = Math.min(kept, limit);
  const firstMs = scheduledAtMs - (kept - 1) * intervalMs;
  return {
    instants: Array.from({ length: count }, (_, index) => firstMs + index * intervalMs),
    givenUp: pending - kept,
    isBehind: count < kept,
  };
}
