import { findLevelShift } from '../find-level-shift';
import { median, quantileOfSorted, sorted } from '../robust-statistics';
import {
  ANOMALY_SCORE,
  type DeviationLimits,
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  formatValue,
  isLargeDeviation,
  pointProblem,
  unjudged,
} from './anomaly';
import { findTrendChange } from './find-trend-change';
import { type Guard, isCount, isNumber, listOf, orNull, recordOf } from './state-guard';

export const LEVEL_SHIFT_METHOD = 'level-shift/1';

export interface LevelShiftOptions extends DeviationLimits {
  /** Evidence (difference of BIC per window) that makes a change: 30. */
  readonly minEvidence?: number;
}

export interface LevelShiftState {
  readonly points: number;
  readonly lastAtMs: number | null;
  readonly window: readonly number[];
}

/** Points that are searched for a change. */
const WINDOW_POINTS = 64;
/** A change is believed once so many points lie behind it: fewer are a spike. */
const LASTING_POINTS = 6;
const MIN_SHIFT_SPREADS = 3;

export const isLevelShiftState: Guard<LevelShiftState> = recordOf({
  points: isCount,
  lastAtMs: orNull(isNumber),
  window: listOf(isNumber, WINDOW_POINTS),
});

/**
 * Says when a series has moved to another level or turned to another slope: the best single split of the last 64 points, where it explains
 * them far better than none and six points at least confirm it. After a report the window begins at the change.
 */
export class LevelShiftDetector implements SeriesDetector {
  readonly method = LEVEL_SHIFT_METHOD;
  private points: number;
  private lastAtMs: number;
  private window: number[];

  constructor(
    private readonly options: LevelShiftOptions = {},
    state?: LevelShiftState,
  ) {
    this.points = state?.points ?? 0;
    this.lastAtMs = state?.lastAtMs ?? -Infinity;
    this.window = [...(state?.window ?? [])];
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    this.lastAtMs = atMs;
    this.points += 1;
    this.window.push(clampValue(given));
    if (this.window.length > WINDOW_POINTS) this.window.shift();
    return this.window.length < WINDOW_POINTS / 2
      ? unjudged(atMs, given, this.method, 'learning')
      : this.judge(atMs, given);
  }

  state(): LevelShiftState {
    return {
      points: this.points,
      lastAtMs: Number.isFinite(this.lastAtMs) ? this.lastAtMs : null,
      window: [...this.window],
    };
  }

  private judge(atMs: number, value: number): PointJudgement {
    const minEvidence = this.options.minEvidence ?? 30;
    const change = this.findLevel() ?? this.findTrend();
    const evidence = Math.max(0, change?.evidence ?? 0);
    const expected = change?.expected ?? median(this.window);
    const isChange = change !== undefined && evidence >= minEvidence && change.isLarge;
    const score = evidence / (evidence + minEvidence);
    if (isChange) this.window = this.window.slice(change.index);
    return {
      atMs,
      value,
      state: isChange ? 'anomalous' : 'normal',
      score: isChange ? score : Math.min(score, ANOMALY_SCORE * 0.99),
      direction: value > expected ? 'up' : value < expected ? 'down' : 'none',
      method: this.method,
      why: isChange ? change.why : '',
    };
  }

  private findLevel(): Change | undefined {
    const { window } = this;
    const shift = findLevelShift(window);
    if (shift === undefined || window.length - shift.index < LASTING_POINTS || shift.index < LASTING_POINTS)
      return undefined;
    const before = sorted(window.slice(0, shift.index));
    const spread = quantileOfSorted(before, 0.84) - quantileOfSorted(before, 0.16);
    const after = median(window.slice(shift.index));
    const expected = quantileOfSorted(before, 0.5);
    if (Math.abs(after - expected) < (MIN_SHIFT_SPREADS * spread) / 2) return undefined;
    const ago = window.length - shift.index;
    return {
      index: shift.index,
      evidence: shift.evidence,
      expected,
      isLarge: isLargeDeviation(after, expected, this.options),
      why: `the level moved from ${formatValue(expected)} to ${formatValue(after)}, ${ago} points ago`,
    };
  }

  private findTrend(): Change | undefined {
    const { window } = this;
    const change = findTrendChange(window);
    if (
      change === undefined ||
      window.length - change.index < LASTING_POINTS ||
      change.index < LASTING_POINTS
    )
      return undefined;
    const expected = median(window.slice(0, change.index));
    const reached = window[window.length - 1] ?? expected;
    return {
      index: change.index,
      evidence: change.evidence,
      expected,
      isLarge: isLargeDeviation(reached, expected, this.options),
      why: `the slope turned from ${formatValue(change.slopeBefore)} to ${formatValue(change.slopeAfter)} per point, ${window.length - change.index} points ago`,
    };
  }
}

interface Change {
  readonly index: number;
  readonly evidence: number;
  readonly expected: number;
  readonly isLarge: boolean;
  readonly why: string;
}
