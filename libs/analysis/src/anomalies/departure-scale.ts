import { mergeRunningMeans, RunningMean, type RunningMeanState } from './running-mean';

const MIN_WEIGHT = 15;
/** So much weight of history halves the trust in a spread: a young one is known badly. */
const TRUST_WEIGHT = 10;
/** No departure counts for more, not even the first of a series that never moved. */
const MOST_DEVIATIONS = 50;
/** The spread forgets over so many points. */
const RATE = 1 / 65_536;

/** Departures in units of their root mean square over the history before them. */
export class DepartureScale {
  private readonly square: RunningMean;

  constructor(state?: RunningMeanState) {
    this.square = new RunningMean(RATE, state);
  }

  get spread(): number {
    return Math.sqrt(this.square.mean);
  }

  /** 0 while there is too little history; then learns the departure. */
  observe(departure: number): number {
    const { spread } = this;
    const { weight } = this.square;
    const magnitude = Math.abs(departure);
    let deviations = 0;
    if (weight > MIN_WEIGHT && magnitude > 0)
      deviations =
        spread > 0
          ? Math.min(MOST_DEVIATIONS, ((magnitude / spread) * weight) / (weight + TRUST_WEIGHT))
          : MOST_DEVIATIONS;
    this.square.add(departure * departure);
    return deviations;
  }

  state(): RunningMeanState {
    return this.square.state();
  }
}

export function mergeDepartureScales(earlier: RunningMeanState, later: RunningMeanState): RunningMeanState {
  return mergeRunningMeans(RATE, earlier, later);
}
