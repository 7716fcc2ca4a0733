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
import { isSeriesSpanState, mergeSpans, SeriesSpan, type SeriesSpanState } from './series-span';
import { type Guard, isBoolean, isNumber, listOf, recordOf } from './state-guard';

const LEVEL_SHIFT_METHOD = 'level-shift/2';

export interface LevelShiftOptions extends DeviationLimits {
  /** Evidence (difference of BIC per window) that makes a change: 30. */
  readonly minEvidence?: number;
}

export interface LevelShiftState {
  readonly span: SeriesSpanState;
  readonly window: readonly number[];
  /** The window begins at a change that was reported: what was before belongs to another level. */
  readonly isCut: boolean;
}

/** Points that are searched for a change. */
const WINDOW_POINTS = 64;
/** A change is believed once so many points lie behind it: fewer are a spike. */
const LASTING_POINTS = 6;
const MIN_SHIFT_SPREADS = 3;

export const isLevelShiftState: Guard<LevelShiftState> = recordOf({
  span: isSeriesSpanState,
  window: listOf(isNumber, WINDOW_POINTS),
  isCut: isBoolean,
});

/**
 * Says when a series has moved to another level or turned to another slope: the best single split of the last 64 points, where it explains
 * them far better than none and six points at least confirm it. After a report the window begins at the change.
 */
export class LevelShiftDetector implements SeriesDetector {
  readonly method = LEVEL_SHIFT_METHOD;
  private readonly span: SeriesSpan;
  private window: number[];
  private isCut: boolean;

  constructor(
    private readonly options: LevelShiftOptions = {},
    state?: LevelShiftState,
  ) {
    this.span = new SeriesSpan(state?.span);
    this.window = [...(state?.window ?? [])];
    this.isCut = state?.isCut ?? false;
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    this.span.add(atMs);
    this.window.push(clampValue(given));
    if (this.window.length > WINDOW_POINTS) this.window.shift();
    return this.window.length < WINDOW_POINTS / 2
      ? unjudged(atMs, given, this.method, 'learning')
      : this.judge(atMs, given);
  }

  state(): LevelShiftState {
    return {
      span: this.span.state(),
      window: [...this.window],
      isCut: this.isCut,
    };
  }

  private judge(atMs: number, value: number): PointJudgement {
    const minEvidence = this.options.minEvidence ?? 30;
    const change = this.findLevel() ?? this.findTrend();
    const evidence = Math.max(0, change?.evidence ?? 0);
    const expected = change?.expected ?? median(this.window);
    const isChange = change !== undefined && evidence >= minEvidence && change.isLarge;
    const score = evidence / (evidence + minEvidence);
    if (isChange) {
      this.window = this.window.slice(change.index);
      this.isCut = true;
    }
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

/**
 * The last points of both parts, or those since the change that the later part reported. A change right at the border is found with the points that
 * come after the merge.
 */
export function mergeLevelShiftStates(earlier: LevelShiftState, later: LevelShiftState): LevelShiftState {
  const span = mergeSpans(earlier.span, later.span);
  if (later.isCut) return { ...later, span };
  const window = [...earlier.window, ...later.window].slice(-WINDOW_POINTS);
  return { span, window, isCut: earlier.isCut };
}

interface Change {
  readonly index: number;
  readonly evidence: number;
  readonly expected: number;
  readonly isLarge: boolean;
  readonly why: string;
}
