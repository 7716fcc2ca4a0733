import { isRunningMeanState, mergeRunningMeans, RunningMean, type RunningMeanState } from './running-mean';
import {
  isSeasonHypothesesState,
  mergeSeasonHypotheses,
  SeasonHypotheses,
  type SeasonHypothesesState,
} from './season-hypotheses';
import {
  isSmoothedDepartureState,
  mergeSmoothedDepartures,
  SmoothedDeparture,
  type SmoothedDepartureState,
} from './smoothed-departure';
import { type Guard, listOf, mergeEach, recordOf } from './state-guard';

/** Rate of a mean over all history; it still forgets after 65,536 points. */
const ALL_HISTORY = 1 / 65_536;
const OVER_10 = 0.1;
const OVER_30 = 0.033;
const OVER_100 = 0.01;
const OVER_1000 = 0.001;

type Quantity = 'value' | 'turbulence' | 'log-turbulence' | 'misfit';

/**
 * The departures that are looked at: of which quantity, over about how many points, and against which history. Turbulence is the distance
 * of a value from the mean of about 10 before it; misfit its distance from what time of day and of week explain.
 */
const TRAITS = [
  { name: 'level', quantity: 'value', smooth: 1, baseline: OVER_100 },
  { name: 'level-10', quantity: 'value', smooth: OVER_10, baseline: OVER_100 },
  { name: 'level-30', quantity: 'value', smooth: OVER_30, baseline: ALL_HISTORY },
  { name: 'level-100', quantity: 'value', smooth: OVER_100, baseline: OVER_1000 },
  { name: 'turbulence-10', quantity: 'turbulence', smooth: OVER_10, baseline: ALL_HISTORY },
  { name: 'turbulence-30', quantity: 'turbulence', smooth: OVER_30, baseline: ALL_HISTORY },
  { name: 'dispersion-100', quantity: 'log-turbulence', smooth: OVER_100, baseline: ALL_HISTORY },
  { name: 'misfit-30', quantity: 'misfit', smooth: OVER_30, baseline: ALL_HISTORY },
] as const satisfies readonly { name: string; quantity: Quantity; smooth: number; baseline: number }[];

export type TraitName = (typeof TRAITS)[number]['name'] | 'season';

/** Which departure spoke, and to which side. */
export interface OnsetTrait {
  readonly name: TraitName;
  readonly isAbove: boolean;
}

export interface SeriesTraitsState {
  readonly fast: RunningMeanState;
  readonly turbulence: RunningMeanState;
  readonly slow: RunningMeanState;
  readonly seasons: SeasonHypothesesState;
  /** In the order of the traits. */
  readonly departures: readonly SmoothedDepartureState[];
}

export const isSeriesTraitsState: Guard<SeriesTraitsState> = recordOf({
  fast: isRunningMeanState,
  turbulence: isRunningMeanState,
  slow: isRunningMeanState,
  seasons: isSeasonHypothesesState,
  departures: listOf(isSmoothedDepartureState, TRAITS.length),
});

/** Keeps the logarithm finite where a series stands still: a ten-thousandth of its usual turbulence. */
const LOG_FLOOR = 1e-4;

/** Turns each point into its departures from several histories, each in the unit of its quantity and with its sign. */
export class SeriesTraits {
  private readonly fast: RunningMean;
  private readonly turbulence: RunningMean;
  private readonly slow: RunningMean;
  private readonly seasons: SeasonHypotheses;
  private readonly departures: readonly SmoothedDeparture[];
  /** Departures at the last point, in the order of `TRAIT_NAMES`; the array is reused. */
  readonly values = new Float64Array(TRAITS.length + 1);
  /** What was expected of the last point. */
  expected = 0;

  constructor(state?: SeriesTraitsState) {
    this.fast = new RunningMean(OVER_10, state?.fast);
    this.turbulence = new RunningMean(ALL_HISTORY, state?.turbulence);
    this.slow = new RunningMean(OVER_100, state?.slow);
    this.seasons = new SeasonHypotheses(state?.seasons);
    this.departures = TRAITS.map((trait, index) => new SmoothedDeparture(trait, state?.departures[index]));
  }

  /** The season by which the last point was expected, if any. */
  get season(): 'day' | 'week' | undefined {
    return this.seasons.season;
  }

  /** @param localMs time of day and of week are taken from it */
  observe(localMs: number, value: number): void {
    const turbulence = Math.abs(this.fast.distance(value));
    const slowDistance = this.slow.distance(value);
    let misfit = this.seasons.residual(localMs, value);
    if (this.seasons.isSlow) misfit = slowDistance;
    this.expected = this.season === undefined ? value - slowDistance : this.seasons.expected;
    this.turbulence.add(turbulence);
    // Before anything moved there is no dispersion that could change.
    const floor = LOG_FLOOR * this.turbulence.mean;
    const logTurbulence = floor > 0 ? Math.log(turbulence + floor) : Number.NaN;
    for (let index = 0; index < TRAITS.length; index += 1) {
      const quantity = TRAITS[index]?.quantity;
      const input =
        quantity === 'value'
          ? value
          : quantity === 'turbulence'
            ? turbulence
            : quantity === 'misfit'
              ? Math.abs(misfit)
              : logTurbulence;
      this.values[index] = Number.isNaN(input) ? 0 : (this.departures[index]?.observe(input) ?? 0);
    }
    this.values[TRAITS.length] = misfit;
    this.fast.add(value);
    this.slow.add(value);
    this.seasons.learn(localMs, value);
  }

  state(): SeriesTraitsState {
    return {
      fast: this.fast.state(),
      turbulence: this.turbulence.state(),
      slow: this.slow.state(),
      seasons: this.seasons.state(),
      departures: this.departures.map((departure) => departure.state()),
    };
  }
}

export const TRAIT_NAMES: readonly TraitName[] = [...TRAITS.map(({ name }) => name), 'season'];

/**
 * Both parts joined. The means of values are those of one pass; what is measured against them (turbulence, misfits and their means) differs
 * by what the later part judged while it knew nothing of the earlier one.
 */
export function mergeSeriesTraits(earlier: SeriesTraitsState, later: SeriesTraitsState): SeriesTraitsState {
  return {
    fast: mergeRunningMeans(OVER_10, earlier.fast, later.fast),
    turbulence: mergeRunningMeans(ALL_HISTORY, earlier.turbulence, later.turbulence),
    slow: mergeRunningMeans(OVER_100, earlier.slow, later.slow),
    seasons: mergeSeasonHypotheses(earlier.seasons, later.seasons),
    departures: mergeEach(earlier.departures, later.departures, (one, other, index) =>
      mergeSmoothedDepartures(TRAITS[index] ?? TRAITS[0], one, other),
    ),
  };
}
