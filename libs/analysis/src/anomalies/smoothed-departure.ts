import { isRunningMeanState, RunningMean, type RunningMeanState } from './running-mean';
import { type Guard, recordOf } from './state-guard';

export interface SmoothedDepartureState {
  readonly smooth: RunningMeanState;
  readonly baseline: RunningMeanState;
}

export const isSmoothedDepartureState: Guard<SmoothedDepartureState> = recordOf({
  smooth: isRunningMeanState,
  baseline: isRunningMeanState,
});

/** How far the recent mean of a quantity departs from its longer history: a short exponential mean against a long one. */
export class SmoothedDeparture {
  private readonly smooth: RunningMean;
  private readonly baseline: RunningMean;

  /** @param smoothRate 1 for the quantity itself  @param baselineRate weight of a new value in the long mean */
  constructor(smoothRate: number, baselineRate: number, state?: SmoothedDepartureState) {
    this.smooth = new RunningMean(smoothRate, state?.smooth);
    this.baseline = new RunningMean(baselineRate, state?.baseline);
  }

  /** The long mean, without the last value observed only until `observe` returns. */
  get usual(): number {
    return this.baseline.mean;
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
