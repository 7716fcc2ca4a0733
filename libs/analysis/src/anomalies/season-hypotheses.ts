import { quantileOfSorted } from '../robust-statistics';
import {
  DAY_MS,
  isSeasonalProfileState,
  mergeSeasonalProfiles,
  SeasonalProfile,
  type SeasonalProfileState,
  WEEK_MS,
  slotsOf,
} from './seasonal-profile';
import { type Guard, isNumber, listOf, orNull, recordOf } from './state-guard';

export interface SeasonHypothesesState {
  readonly stepMs: number | null;
  readonly steps: readonly number[];
  readonly lastAtMs: number | null;
  readonly day: SeasonalProfileState | null;
  readonly week: SeasonalProfileState | null;
}

/** The step of a series is the median of its first so many. */
const STEPS_SEEN = 16;

export const isSeasonHypothesesState: Guard<SeasonHypothesesState> = recordOf({
  stepMs: orNull(isNumber),
  steps: listOf(isNumber, STEPS_SEEN),
  lastAtMs: orNull(isNumber),
  day: orNull(isSeasonalProfileState),
  week: orNull(isSeasonalProfileState),
});

/**
 * What time of day and time of week would explain. A value counts as unusual only as far as neither of them explains it, so a weekend is
 * no anomaly once one was seen, and a series without any season is not hurt by looking for one.
 */
export class SeasonHypotheses {
  private stepMs: number;
  private steps: number[];
  private lastAtMs: number;
  private day: SeasonalProfile | undefined;
  private week: SeasonalProfile | undefined;
  /** Value expected by the better hypothesis at the last `residual`; NaN where none knows. */
  expected = Number.NaN;
  season: 'day' | 'week' | undefined;
  private daySlot = 0;
  private weekSlot = 0;

  constructor(state?: SeasonHypothesesState) {
    this.stepMs = state?.stepMs ?? 0;
    this.steps = [...(state?.steps ?? [])];
    this.lastAtMs = state?.lastAtMs ?? Number.NaN;
    if (this.stepMs > 0) this.open(state);
  }

  /** True for a series so slow that a day has no phases. */
  get isSlow(): boolean {
    return this.stepMs > 0 && this.day === undefined;
  }

  /** The smaller of the departures from both hypotheses; 0 where neither has seen this phase. Call `learn` with the same point after it. */
  residual(atMs: number, value: number): number {
    this.expected = Number.NaN;
    this.season = undefined;
    if (this.day === undefined || this.week === undefined) return 0;
    this.daySlot = this.day.slotAt(atMs);
    this.weekSlot = this.week.slotAt(atMs);
    const byDay = this.day.expectedIn(this.daySlot);
    if (Number.isNaN(byDay)) return 0;
    const byWeek = this.week.expectedIn(this.weekSlot);
    // The week joins in once it knows more than the one day that the daily profile knows as well.
    const isWeek = !Number.isNaN(byWeek) && Math.abs(value - byWeek) < Math.abs(value - byDay);
    this.expected = isWeek ? byWeek : byDay;
    this.season = isWeek ? 'week' : 'day';
    return value - this.expected;
  }

  learn(atMs: number, value: number): void {
    if (this.stepMs === 0) this.measureStep(atMs);
    else if (this.day !== undefined && this.week !== undefined) {
      this.day.learn(this.daySlot, value);
      this.week.learn(this.weekSlot, value);
    }
  }

  state(): SeasonHypothesesState {
    return {
      stepMs: this.stepMs > 0 ? this.stepMs : null,
      steps: [...this.steps],
      lastAtMs: Number.isNaN(this.lastAtMs) ? null : this.lastAtMs,
      day: this.day?.state() ?? null,
      week: this.week?.state() ?? null,
    };
  }

  private measureStep(atMs: number): void {
    const step = atMs - this.lastAtMs;
    this.lastAtMs = atMs;
    if (!(step > 0)) return;
    this.steps.push(step);
    if (this.steps.length < STEPS_SEEN) return;
    this.stepMs = quantileOfSorted(
      this.steps.sort((one, other) => one - other),
      0.5,
    );
    this.steps = [];
    this.open();
  }

  private open(state?: SeasonHypothesesState): void {
    const daySlots = slotsOf(DAY_MS, this.stepMs);
    if (daySlots === 0) return;
    this.day = new SeasonalProfile(DAY_MS, daySlots, state?.day ?? undefined);
    this.week = new SeasonalProfile(WEEK_MS, slotsOf(WEEK_MS, this.stepMs), state?.week ?? undefined);
  }
}

/** Both profiles joined, slot by slot. Where the parts have different steps only the later one's can go on. */
export function mergeSeasonHypotheses(
  earlier: SeasonHypothesesState,
  later: SeasonHypothesesState,
): SeasonHypothesesState {
  // One step less than are needed: the next point makes the measurement.
  const steps = [...earlier.steps, ...later.steps].slice(0, STEPS_SEEN - 1);
  const lastAtMs = later.lastAtMs ?? earlier.lastAtMs;
  if (later.stepMs === null) return { ...earlier, steps: earlier.stepMs === null ? steps : [], lastAtMs };
  return { ...later, day: join(earlier.day, later.day), week: join(earlier.week, later.week), lastAtMs };
}

function join(
  earlier: SeasonalProfileState | null,
  later: SeasonalProfileState | null,
): SeasonalProfileState | null {
  return earlier === null || later === null ? later : mergeSeasonalProfiles(earlier, later);
}
