import { type Guard, isCount, isNumber, recordOf } from './state-guard';

export interface DepartureScaleState {
  readonly count: number;
  readonly meanSquare: number;
}

export const isDepartureScaleState: Guard<DepartureScaleState> = recordOf({
  count: isCount,
  meanSquare: isNumber,
});

const MIN_POINTS = 15;
/** So many points of history halve the trust in a spread: a young one is known badly. */
const TRUST_POINTS = 10;
/** No departure counts for more, not even the first of a series that never moved. */
const MOST_DEVIATIONS = 50;
/** Memory of the spread, in points. */
const MEMORY_POINTS = 65_536;

/** Departures in units of their root mean square over the history before them. */
export class DepartureScale {
  private count: number;
  private meanSquare: number;

  constructor(state?: DepartureScaleState) {
    this.count = state?.count ?? 0;
    this.meanSquare = state?.meanSquare ?? 0;
  }

  get spread(): number {
    return Math.sqrt(this.meanSquare);
  }

  /** 0 while there is too little history; then learns the departure. */
  observe(departure: number): number {
    const { count, spread } = this;
    const magnitude = Math.abs(departure);
    let deviations = 0;
    if (count > MIN_POINTS && magnitude > 0)
      deviations =
        spread > 0
          ? Math.min(MOST_DEVIATIONS, ((magnitude / spread) * count) / (count + TRUST_POINTS))
          : MOST_DEVIATIONS;
    this.count += 1;
    this.meanSquare +=
      Math.max(1 / this.count, 1 / MEMORY_POINTS) * (departure * departure - this.meanSquare);
    return deviations;
  }

  state(): DepartureScaleState {
    return { count: this.count, meanSquare: this.meanSquare };
  }
}
