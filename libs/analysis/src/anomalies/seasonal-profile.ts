import { type Guard, isCount, isNumber, listOf, orNull, recordOf } from './state-guard';

export interface SeasonalProfileState {
  /** Mean of each slot of the period; null where none was seen. */
  readonly means: readonly (number | null)[];
  /** Visits of each slot, counted to 64. */
  readonly counts: readonly number[];
}

export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;

const SLOT_PER_DAY_MAX = 288;
const MIN_SLOTS = 4;
/** A week of them; periods found in a series have fewer. */
const MAX_SLOTS = 7 * SLOT_PER_DAY_MAX;

export const isSeasonalProfileState: Guard<SeasonalProfileState> = recordOf({
  means: listOf(orNull(isNumber), MAX_SLOTS),
  counts: listOf(isCount, MAX_SLOTS),
});

/** A slot follows its last five visits. */
const RATE = 0.2;
const MAX_COUNT = 64;
/** Weight of all visits by their number, where the last one has weight 1. */
const WEIGHTS = Float64Array.from({ length: MAX_COUNT + 1 }, (_, count) => (1 - (1 - RATE) ** count) / RATE);

/**
 * What is usual at each phase of a clock period (time of day, time of week): an exponentially weighted mean per slot. Phases come from the
 * time itself, not from a count of points, so gaps and duplicates do not shift it.
 */
export class SeasonalProfile {
  private readonly means: Float64Array;
  private readonly counts: Float64Array;

  /** @param slots of equal length in the period */
  constructor(
    readonly periodMs: number,
    readonly slots: number,
    state?: SeasonalProfileState,
  ) {
    this.means = new Float64Array(slots);
    this.counts = new Float64Array(slots);
    if (state === undefined) return;
    for (let slot = 0; slot < slots; slot += 1) {
      this.means[slot] = state.means[slot] ?? 0;
      this.counts[slot] = state.counts[slot] ?? 0;
    }
  }

  slotAt(atMs: number): number {
    const phase = atMs - Math.floor(atMs / this.periodMs) * this.periodMs;
    return Math.min(this.slots - 1, Math.floor((phase * this.slots) / this.periodMs));
  }

  /** NaN for a phase that was never seen. */
  expectedIn(slot: number): number {
    return (this.counts[slot] ?? 0) > 0 ? (this.means[slot] ?? Number.NaN) : Number.NaN;
  }

  visitsOf(slot: number): number {
    return this.counts[slot] ?? 0;
  }

  learn(slot: number, value: number): void {
    const count = Math.min(MAX_COUNT, (this.counts[slot] ?? 0) + 1);
    this.counts[slot] = count;
    const mean = this.means[slot] ?? 0;
    this.means[slot] = mean + (value - mean) / (WEIGHTS[count] ?? 1);
  }

  state(): SeasonalProfileState {
    const counts = [...this.counts];
    return { counts, means: [...this.means].map((mean, slot) => ((counts[slot] ?? 0) > 0 ? mean : null)) };
  }
}

/** Both parts' visits of each slot in a row. Of parts with different slots only the later one's can go on. */
export function mergeSeasonalProfiles(
  earlier: SeasonalProfileState,
  later: SeasonalProfileState,
): SeasonalProfileState {
  if (earlier.counts.length !== later.counts.length) return later;
  const means = later.means.map((mean, slot) => {
    const before = earlier.means[slot] ?? null;
    if (mean === null || before === null) return mean ?? before;
    const weight = WEIGHTS[later.counts[slot] ?? 0] ?? 1;
    const left = (WEIGHTS[earlier.counts[slot] ?? 0] ?? 0) * (1 - RATE * weight);
    return mean + (left / (left + weight)) * (before - mean);
  });
  const counts = later.counts.map((count, slot) => Math.min(MAX_COUNT, count + (earlier.counts[slot] ?? 0)));
  return { means, counts };
}

/** Slots of a profile for a series with a point every `stepMs`: one per point, at most one per five minutes; 0 where the series is too slow. */
export function slotsOf(periodMs: number, stepMs: number): number {
  if (!(stepMs > 0)) return 0;
  const slots = Math.min(Math.round(periodMs / stepMs), Math.ceil(periodMs / DAY_MS) * SLOT_PER_DAY_MAX);
  return slots < MIN_SLOTS ? 0 : slots;
}
