import { type Guard, isNumber, recordOf } from './state-guard';

export interface RunningMeanState {
  /** Of all values together, where the last one has weight 1: at most 1 / rate. */
  readonly weight: number;
  readonly mean: number;
}

export const isRunningMeanState: Guard<RunningMeanState> = recordOf({ weight: isNumber, mean: isNumber });

/**
 * Exponentially weighted mean that begins as the plain mean: each value counts (1 - rate) times the one after it, from the first on. With a
 * tiny rate it is the mean of all history that still forgets in the end.
 */
export class RunningMean {
  weight: number;
  mean: number;
  private readonly kept: number;

  constructor(rate: number, state?: RunningMeanState) {
    this.kept = 1 - rate;
    this.weight = state?.weight ?? 0;
    this.mean = state?.mean ?? 0;
  }

  add(value: number): void {
    this.weight = this.weight * this.kept + 1;
    this.mean += (value - this.mean) / this.weight;
  }

  /** How far a value lies from the mean before it; 0 for the first. */
  distance(value: number): number {
    return this.weight === 0 ? 0 : value - this.mean;
  }

  state(): RunningMeanState {
    return { weight: this.weight, mean: this.mean };
  }
}

/** The mean of two parts in a row, as one pass would have it: associative, exact but for rounding. */
export function mergeRunningMeans(
  rate: number,
  earlier: RunningMeanState,
  later: RunningMeanState,
): RunningMeanState {
  // The weight of n values is (1 - (1 - rate)^n) / rate, so it tells how much of what came before is left after them.
  const left = earlier.weight * Math.max(0, 1 - rate * later.weight);
  const weight = left + later.weight;
  if (weight === 0) return later;
  return { weight, mean: later.mean + (left / weight) * (earlier.mean - later.mean) };
}
