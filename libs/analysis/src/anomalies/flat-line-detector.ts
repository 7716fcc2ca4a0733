import {
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  formatValue,
  pointProblem,
  unjudged,
} from './anomaly';
import { isRunningMeanState, mergeRunningMeans, RunningMean, type RunningMeanState } from './running-mean';
import { isSeriesSpanState, mergeSpans, SeriesSpan, type SeriesSpanState } from './series-span';
import { type Guard, isCount, isNumber, recordOf } from './state-guard';

const FLAT_LINE_METHOD = 'flat-line/2';

export interface FlatLineOptions {
  /** So many times the longest usual standstill, or gap, make an anomaly: 3. */
  readonly factor?: number;
  /** Points learned before the first judgement: 20. */
  readonly minPoints?: number;
}

export interface FlatLineState {
  readonly span: SeriesSpanState;
  readonly firstValue: number;
  /** Points from the first on that are equal. */
  readonly firstRun: number;
  readonly lastValue: number;
  /** Points up to the last that are equal. */
  readonly run: number;
  readonly longestRun: number;
  readonly step: RunningMeanState;
}

export const isFlatLineState: Guard<FlatLineState> = recordOf({
  span: isSeriesSpanState,
  firstValue: isNumber,
  firstRun: isCount,
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
  private readonly span: SeriesSpan;
  private firstValue: number;
  private firstRun: number;
  private lastValue: number;
  private run: number;
  private longestRun: number;
  private readonly step: RunningMean;

  constructor(
    private readonly options: FlatLineOptions = {},
    state?: FlatLineState,
  ) {
    this.span = new SeriesSpan(state?.span);
    this.firstValue = state?.firstValue ?? 0;
    this.firstRun = state?.firstRun ?? 0;
    this.lastValue = state?.lastValue ?? 0;
    this.run = state?.run ?? 0;
    this.longestRun = state?.longestRun ?? 1;
    this.step = new RunningMean(STEP_RATE, state?.step);
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    const { points } = this.span;
    const gap = points === 0 ? 0 : atMs - this.span.lastAtMs;
    const usualGap = this.step.mean;
    this.count(value, points);
    const judgement =
      points < (this.options.minPoints ?? 20)
        ? unjudged(atMs, given, this.method, 'learning')
        : this.judge(atMs, given, gap, usualGap);
    learnStep(this.step, gap);
    this.span.add(atMs);
    return judgement;
  }

  state(): FlatLineState {
    const { firstValue, firstRun, lastValue, run, longestRun } = this;
    return {
      span: this.span.state(),
      firstValue,
      firstRun,
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
    const standstill = this.run < this.span.points ? this.run / usualRun : 0;
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

  private count(value: number, points: number): void {
    if (points === 0) this.firstValue = value;
    if (points > 0 && value === this.lastValue) this.run += 1;
    else {
      this.longestRun = Math.max(this.longestRun, this.run);
      this.run = 1;
    }
    if (this.run === points + 1) this.firstRun = this.run;
    this.lastValue = value;
  }
}

function learnStep(step: RunningMean, gap: number): void {
  if (gap > 0) step.add(step.weight === 0 ? gap : Math.min(gap, LESSON_STEPS * step.mean));
}

/** The state after both parts: standstills exactly, also one across the border; the usual step but for rounding and the order of unusual gaps. */
export function mergeFlatLineStates(earlier: FlatLineState, later: FlatLineState): FlatLineState {
  const span = mergeSpans(earlier.span, later.span);
  if (earlier.span.points === 0) return later;
  if (later.span.points === 0) return earlier;
  const isStill = earlier.lastValue === later.firstValue;
  const isStillAllAlong = later.firstRun === later.span.points;
  const across = isStill ? earlier.run + later.firstRun : 0;
  const step = new RunningMean(STEP_RATE, earlier.step);
  learnStep(step, (later.span.firstAtMs ?? 0) - (earlier.span.lastAtMs ?? 0));
  const ended = isStill ? (isStillAllAlong ? 0 : across) : earlier.run;
  return {
    span,
    firstValue: earlier.firstValue,
    firstRun: isStill && earlier.firstRun === earlier.span.points ? across : earlier.firstRun,
    lastValue: later.lastValue,
    run: isStill && isStillAllAlong ? across : later.run,
    longestRun: Math.max(earlier.longestRun, ended, later.longestRun),
    step: mergeRunningMeans(STEP_RATE, step.state(), later.step),
  };
}
