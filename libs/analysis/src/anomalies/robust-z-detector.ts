import { MAD_TO_SIGMA, quantileOfSorted } from '../robust-statistics';
import {
  type DeviationLimits,
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  pointProblem,
  unjudged,
} from './anomaly';
import { judgeDeviation } from './judge-deviation';
import { isSeriesSpanState, mergeSpans, SeriesSpan, type SeriesSpanState } from './series-span';
import { type Guard, isNumber, listOf, recordOf } from './state-guard';

const ROBUST_Z_METHOD = 'robust-z/2';

export interface RobustZOptions extends DeviationLimits {
  /** Scaled deviations that make an anomaly: 3.5 (Iglewicz and Hoaglin). */
  readonly sigma?: number;
  /** Points learned before the first judgement: 10. */
  readonly minPoints?: number;
}

export interface RobustZState {
  /** The window in order of time. */
  readonly window: readonly number[];
  readonly span: SeriesSpanState;
}

const WINDOW_POINTS = 240;
/** Mean absolute deviation to sigma, where more than half of the values are equal and the MAD is 0. */
const MEAN_DEVIATION_TO_SIGMA = 1.2533;

export const isRobustZState: Guard<RobustZState> = recordOf({
  window: listOf(isNumber, WINDOW_POINTS),
  span: isSeriesSpanState,
});

/** Distance from the median in scaled median absolute deviations of a sliding window: half of the window may be anomalous. */
export class RobustZDetector implements SeriesDetector {
  readonly method = ROBUST_Z_METHOD;
  private readonly window: number[];
  private readonly ascending: number[];
  private readonly span: SeriesSpan;

  constructor(
    private readonly options: RobustZOptions = {},
    state?: RobustZState,
  ) {
    this.window = [...(state?.window ?? [])];
    this.ascending = [...this.window].sort((one, other) => one - other);
    this.span = new SeriesSpan(state?.span);
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    const judgement =
      this.window.length < (this.options.minPoints ?? 10)
        ? unjudged(atMs, given, this.method, 'learning')
        : this.judge(atMs, value);
    this.learn(value);
    this.span.add(atMs);
    return judgement;
  }

  state(): RobustZState {
    return { window: [...this.window], span: this.span.state() };
  }

  private judge(atMs: number, value: number): PointJudgement {
    const expected = quantileOfSorted(this.ascending, 0.5);
    const mad = MAD_TO_SIGMA * medianDistance(this.ascending, expected);
    let total = 0;
    if (mad === 0) for (const other of this.ascending) total += Math.abs(other - expected);
    return judgeDeviation({
      atMs,
      value,
      expected,
      spread: mad > 0 ? mad : (MEAN_DEVIATION_TO_SIGMA * total) / this.ascending.length,
      sigma: this.options.sigma ?? 3.5,
      method: this.method,
      basis: `the median of the last ${this.ascending.length} points`,
      limits: this.options,
    });
  }

  private learn(value: number): void {
    this.window.push(value);
    this.ascending.splice(lowerBound(this.ascending, value), 0, value);
    if (this.window.length <= WINDOW_POINTS) return;
    const oldest = this.window.shift();
    if (oldest !== undefined) this.ascending.splice(lowerBound(this.ascending, oldest), 1);
  }
}

/** The state after both parts, exactly: the window is the last points of both. */
export function mergeRobustZStates(earlier: RobustZState, later: RobustZState): RobustZState {
  return {
    window: [...earlier.window, ...later.window].slice(-WINDOW_POINTS),
    span: mergeSpans(earlier.span, later.span),
  };
}

/** Median of |x - centre| over ascending values: both sides of the centre are ascending distances, so they merge in linear time. */
function medianDistance(ascending: readonly number[], centre: number): number {
  let right = lowerBound(ascending, centre);
  let left = right - 1;
  const middle = (ascending.length - 1) / 2;
  let distance = 0;
  let before = 0;
  for (let rank = 0; rank <= Math.ceil(middle); rank += 1) {
    before = distance;
    const toLeft = left >= 0 ? centre - (ascending[left] ?? centre) : Infinity;
    const toRight = right < ascending.length ? (ascending[right] ?? centre) - centre : Infinity;
    distance = Math.min(toLeft, toRight);
    if (toLeft <= toRight) left -= 1;
    else right += 1;
  }
  return Number.isInteger(middle) ? distance : (before + distance) / 2;
}

/** Index of the first value that is not smaller. */
function lowerBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
