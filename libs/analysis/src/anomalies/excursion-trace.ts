import { type Guard, isNumber, recordOf } from './state-guard';

export interface ExcursionTraceState {
  readonly held: number;
  readonly average: number;
}

export const isExcursionTraceState: Guard<ExcursionTraceState> = recordOf({
  held: isNumber,
  average: isNumber,
});

const HOLD_WEIGHT = 0.25;
const RECENT_SHARE = 0.01;
const MIN_POINTS = 2;
const MAX_HISTORY = 65_536;

/**
 * Lets a departure fade instead of vanish: to the strength of a point comes a quarter of the strongest one held before it (fading over 1 % of
 * the history) and the mean strength of that 1 %. A dip within an excursion is part of it; one odd point in a quiet hour is less than one of many.
 */
export class ExcursionTrace {
  private held: number;
  private average: number;

  constructor(state?: ExcursionTraceState) {
    this.held = state?.held ?? 0;
    this.average = state?.average ?? 0;
  }

  observe(index: number, strength: number): number {
    const history = Math.min(index, MAX_HISTORY);
    const fading = this.held * (1 - 1 / Math.max(MIN_POINTS, RECENT_SHARE * history));
    this.held = Math.max(strength, fading);
    const rate = Math.max(1 / (history + 1), 1 / Math.max(MIN_POINTS, RECENT_SHARE * history));
    this.average += rate * (strength - this.average);
    return strength + HOLD_WEIGHT * this.held + this.average;
  }

  state(): ExcursionTraceState {
    return { held: this.held, average: this.average };
  }
}
