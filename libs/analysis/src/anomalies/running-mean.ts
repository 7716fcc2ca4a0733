import { type Guard, isCount, isNumber, recordOf } from './state-guard';

export interface RunningMeanState {
  readonly count: number;
  readonly mean: number;
}

export const isRunningMeanState: Guard<RunningMeanState> = recordOf({ count: isCount, mean: isNumber });

/**
 * Exponentially weighted mean that begins as the plain mean: the weight of a new value is 1/count until that falls to `rate`. With a
 * tiny rate it is the mean of all history that still forgets in the end.
 */
export class RunningMean {
  count: number;
  mean: number;

  constructor(
    private readonly rate: number,
    state?: RunningMeanState,
  ) {
    this.count = state?.count ?? 0;
    this.mean = state?.mean ?? 0;
  }

  add(value: number): void {
    this.count += 1;
    this.mean += Math.max(this.rate, 1 / this.count) * (value - this.mean);
  }

  /** How far a value lies from the mean before it; 0 for the first. */
  distance(value: number): number {
    return this.count === 0 ? 0 : value - this.mean;
  }

  state(): RunningMeanState {
    return { count: this.count, mean: this.mean };
  }
}
