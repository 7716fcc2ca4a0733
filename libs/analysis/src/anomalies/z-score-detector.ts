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
import { type Guard, isCount, isNumber, recordOf } from './state-guard';

const Z_SCORE_METHOD = 'z-score/2';

/** Count, mean and sum of squared distances of all points so far. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

export interface ZScoreState {
  readonly span: SeriesSpanState;
  readonly moments: Moments;
}

export interface ZScoreOptions extends DeviationLimits {
  /** Standard deviations that make an anomaly: 3. */
  readonly sigma?: number;
  /** Points learned before the first judgement: 10. */
  readonly minPoints?: number;
}

export const isZScoreState: Guard<ZScoreState> = recordOf({
  span: isSeriesSpanState,
  moments: recordOf<Moments>({ count: isCount, mean: isNumber, squares: isNumber }),
});

/** z-score against the mean and standard deviation of all earlier points (Welford's recurrence). */
export class ZScoreDetector implements SeriesDetector {
  readonly method = Z_SCORE_METHOD;
  private count: number;
  private mean: number;
  private squares: number;
  private readonly span: SeriesSpan;

  constructor(
    private readonly options: ZScoreOptions = {},
    state?: ZScoreState,
  ) {
    this.count = state?.moments.count ?? 0;
    this.mean = state?.moments.mean ?? 0;
    this.squares = state?.moments.squares ?? 0;
    this.span = new SeriesSpan(state?.span);
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    const judgement =
      this.count < (this.options.minPoints ?? 10)
        ? unjudged(atMs, given, this.method, 'learning')
        : judgeDeviation({
            atMs,
            value,
            expected: this.mean,
            spread: Math.sqrt(this.squares / Math.max(1, this.count - 1)),
            sigma: this.options.sigma ?? 3,
            method: this.method,
            basis: `the mean of ${this.count} points`,
            limits: this.options,
          });
    this.span.add(atMs);
    this.count += 1;
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
    return judgement;
  }

  state(): ZScoreState {
    const { count, mean, squares } = this;
    return { span: this.span.state(), moments: { count, mean, squares } };
  }
}

/** The moments of two disjoint sets of points as one (Chan, Golub, LeVeque 1979): associative and commutative. */
export function mergeMoments(one: Moments, other: Moments): Moments {
  const count = one.count + other.count;
  if (count === 0) return { count: 0, mean: 0, squares: 0 };
  const distance = other.mean - one.mean;
  return {
    count,
    mean: (one.mean * one.count + other.mean * other.count) / count,
    squares: one.squares + other.squares + (distance * distance * one.count * other.count) / count,
  };
}

/** The state after both parts: that of one pass but for rounding. */
export function mergeZScoreStates(earlier: ZScoreState, later: ZScoreState): ZScoreState {
  return {
    span: mergeSpans(earlier.span, later.span),
    moments: mergeMoments(earlier.moments, later.moments),
  };
}
