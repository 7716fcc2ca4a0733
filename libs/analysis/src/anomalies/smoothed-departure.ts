import { isRunningMeanState, mergeRunningMeans, RunningMean, type RunningMeanState } from './running-mean';
import { type Guard, recordOf } from './state-guard';

export interface SmoothedDepartureState {
  readonly smooth: RunningMeanState;
  readonly baseline: RunningMeanState;
}

export const isSmoothedDepartureState: Guard<SmoothedDepartureState> = recordOf({
  smooth: isRunningMeanState,
  baseline: isRunningMeanState,
});

/** Weights of a new value in the short and in the long mean. */
export interface DepartureRates {
  /** 1 for the quantity itself. */
  readonly smooth: number;
  readonly baseline: number;
}

/** How far the recent mean of a quantity departs from its longer history: a short exponential mean against a long one. */
export class SmoothedDeparture {
  private readonly smooth: RunningMean;
  private readonly baseline: RunningMean;

  constructor(rates: DepartureRates, state?: SmoothedDepartureState) {
    this.smooth = new RunningMean(rates.smooth, state?.smooth);
    this.baseline = new RunningMean(rates.baseline, state?.baseline);
  }

  observe(value: number): number {
    this.smooth.add(value);
    const departure = this.baseline.distance(this.smooth.mean);
    this.baseline.add(this.smooth.mean);
    return departure;
  }

  state(): SmoothedDepartureState {
    return { smooth: this.smooth.state(), baseline: this.baseline.state() };
  }
}

export function mergeSmoothedDepartures(
  rates: DepartureRates,
  earlier: SmoothedDepartureState,
  later: SmoothedDepartureState,
): SmoothedDepartureState {
  return {
    smooth: mergeRunningMeans(rates.smooth, earlier.smooth, later.smooth),
    baseline: mergeRunningMeans(rates.baseline, earlier.baseline, later.baseline),
  };
}
