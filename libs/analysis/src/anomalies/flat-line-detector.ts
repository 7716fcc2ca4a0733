import {
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  formatValue,
  pointProblem,
  unjudged,
} from './anomaly';
import { isRunningMeanState, RunningMean, type RunningMeanState } from './running-mean';
import { type Guard, isCount, isNumber, orNull, recordOf } from './state-guard';

export const FLAT_LINE_METHOD = 'flat-line/1';

export interface FlatLineOptions {
  /** So many times the longest usual standstill, or gap, make an anomaly: 3. */
  readonly factor?: number;
  /** Points learned before the first judgement: 20. */
  readonly minPoints?: number;
}

export interface FlatLineState {
  readonly points: number;
  readonly lastAtMs: number | null;
  readonly lastValue: number;
  readonly run: number;
  readonly longestRun: number;
  readonly step: RunningMeanState;
}

export const isFlatLineState: Guard<FlatLineState> = recordOf({
  points: isCount,
  lastAtMs: orNull(isNumber),
  lastValue: isNumber,
  run: isCount,
  longestRun: isCount,
  step: isRunningMeanState,
});

/** A standstill shorter than this is never one. */
const MIN_RUN = 10;
const STEP_RATE = 0.02;
/** A gap teaches the usual step no more than this many of them. */
const LESSON_STEPS = 3;

/** Says when a series that used to move stands still, and when points are missing: a NaN, or a gap in time. */
export class FlatLineDetector implements SeriesDetector {
  readonly method = FLAT_LINE_METHOD;
  private points: number;
  private lastAtMs: number;
  private lastValue: number;
  private run: number;
  private longestRun: number;
  private readonly step: RunningMean;

  constructor(
    private readonly options: FlatLineOptions = {},
    state?: FlatLineState,
  ) {
    this.points = state?.points ?? 0;
    this.lastAtMs = state?.lastAtMs ?? -Infinity;
    this.lastValue = state?.lastValue ?? 0;
    this.run = state?.run ?? 0;
    this.longestRun = state?.longestRun ?? 1;
    this.step = new RunningMean(STEP_RATE, state?.step);
  }

  observe(atMs: number, value: number): PointJudgement {
    const problem = pointProblem(atMs, value, this.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, value, this.method, problem);
    const gap = this.points === 0 ? 0 : atMs - this.lastAtMs;
    const usualGap = this.step.mean;
    if (this.points > 0 && clampValue(value) === this.lastValue) this.run += 1;
    else this.endRun();
    const judgement =
      this.points < (this.options.minPoints ?? 20)
        ? unjudged(atMs, value, this.method, 'learning')
        : this.judge(atMs, value, gap, usualGap);
    if (gap > 0) this.step.add(this.step.count === 0 ? gap : Math.min(gap, LESSON_STEPS * usualGap));
    this.lastAtMs = atMs;
    this.lastValue = clampValue(value);
    this.points += 1;
    return judgement;
  }

  state(): FlatLineState {
    const { points, lastAtMs, lastValue, run, longestRun } = this;
    return {
      points,
      lastAtMs: Number.isFinite(lastAtMs) ? lastAtMs : null,
      lastValue,
      run,
      longestRun,
      step: this.step.state(),
    };
  }

  private judge(atMs: number, value: number, gap: number, usualGap: number): PointJudgement {
    const factor = this.options.factor ?? 3;
    const usualRun = Math.max(MIN_RUN, this.longestRun);
    // A series that never moved does not stand still.
    const standstill = this.run < this.points ? this.run / usualRun : 0;
    const silence = usualGap > 0 ? gap / usualGap : 0;
    const worst = Math.max(standstill, silence);
    const isAnomaly = worst > factor;
    const why =
      silence >= standstill
        ? `${Math.max(1, Math.round(silence) - 1)} points are missing before this one`
        : `stands still at ${formatValue(value)} for ${this.run} points; ${usualRun} were the most before`;
    return {
      atMs,
      value,
      state: isAnomaly ? 'anomalous' : 'normal',
      score: worst / (worst + factor),
      direction: 'none',
      method: this.method,
      why: isAnomaly ? why : '',
    };
  }

  private endRun(): void {
    this.longestRun = Math.max(this.longestRun, this.run);
    this.run = 1;
  }
}
