import {
  type DeviationLimits,
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  pointProblem,
  unjudged,
} from './anomaly';
import { findSeasons } from './find-seasons';
import { judgeDeviation } from './judge-deviation';
import { isRunningMeanState, mergeRunningMeans, RunningMean, type RunningMeanState } from './running-mean';
import {
  DAY_MS,
  isSeasonalProfileState,
  mergeSeasonalProfiles,
  SeasonalProfile,
  type SeasonalProfileState,
  WEEK_MS,
  slotsOf,
} from './seasonal-profile';
import { isSeriesSpanState, mergeSpans, SeriesSpan, type SeriesSpanState } from './series-span';
import { type Guard, isNumber, listOf, orNull, recordOf } from './state-guard';

const SEASONAL_BASELINE_METHOD = 'seasonal-baseline/2';

export interface SeasonalBaselineOptions extends DeviationLimits {
  /** Deviations that make an anomaly: 4. */
  readonly sigma?: number;
  /**
   * Offset of local time from UTC at an instant, in ms. With it, time of day and of week are local ones and stay right through changes to
   * and from daylight saving time; without it they are UTC.
   */
  readonly utcOffsetMs?: (atMs: number) => number;
}

interface HypothesisState {
  readonly periodMs: number;
  readonly profile: SeasonalProfileState;
  readonly error: RunningMeanState;
}

export interface SeasonalBaselineState {
  readonly span: SeriesSpanState;
  readonly stepMs: number | null;
  readonly recent: readonly number[];
  readonly level: RunningMeanState;
  readonly levelError: RunningMeanState;
  readonly hypotheses: readonly HypothesisState[];
}

interface Hypothesis {
  readonly profile: SeasonalProfile;
  readonly error: RunningMean;
}

const FIRST_SEARCH_POINTS = 64;
const RECENT_POINTS = 2048;
const LEVEL_RATE = 0.005;
const ERROR_RATE = 0.005;
const MIN_VISITS = 2;
/** A season speaks once its error is known from so many visits. */
const MIN_ERROR_WEIGHT = 20;
/** A departure teaches at most this many usual ones: an anomaly must not become the norm. */
const LESSON_ERRORS = 4;
/** The usual departure is known from so much weight of history on. */
const MIN_LESSON_WEIGHT = 50;
const MEAN_ERROR_TO_SIGMA = 1.2533;
const MAX_HYPOTHESES = 4;

export const isSeasonalBaselineState: Guard<SeasonalBaselineState> = recordOf({
  span: isSeriesSpanState,
  stepMs: orNull(isNumber),
  recent: listOf(isNumber, RECENT_POINTS),
  level: isRunningMeanState,
  levelError: isRunningMeanState,
  hypotheses: listOf(
    recordOf<HypothesisState>({
      periodMs: isNumber,
      profile: isSeasonalProfileState,
      error: isRunningMeanState,
    }),
    MAX_HYPOTHESES,
  ),
});

/**
 * What is usual at this phase of the season that explains the series best: time of day, time of week, and periods found in the series itself,
 * each as a profile that anomalies teach little. The one with the least mean error so far speaks; where none beats the plain level, that does.
 */
export class SeasonalBaselineDetector implements SeriesDetector {
  readonly method = SEASONAL_BASELINE_METHOD;
  private readonly span: SeriesSpan;
  private stepMs: number;
  private recent: number[];
  private readonly level: RunningMean;
  private readonly levelError: RunningMean;
  private hypotheses: Hypothesis[];

  constructor(
    private readonly options: SeasonalBaselineOptions = {},
    state?: SeasonalBaselineState,
  ) {
    this.span = new SeriesSpan(state?.span);
    this.stepMs = state?.stepMs ?? 0;
    this.recent = [...(state?.recent ?? [])];
    this.level = new RunningMean(LEVEL_RATE, state?.level);
    this.levelError = new RunningMean(ERROR_RATE, state?.levelError);
    this.hypotheses = (state?.hypotheses ?? []).map(({ periodMs, profile, error }) => ({
      profile: new SeasonalProfile(periodMs, profile.counts.length, profile),
      error: new RunningMean(ERROR_RATE, error),
    }));
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    const localMs = atMs + (this.options.utcOffsetMs?.(atMs) ?? 0);
    const judgement = this.judge(atMs, localMs, value);
    this.learn(localMs, value);
    this.measureStep(atMs);
    this.span.add(atMs);
    this.keep(value);
    return judgement;
  }

  state(): SeasonalBaselineState {
    return {
      span: this.span.state(),
      stepMs: this.stepMs > 0 ? this.stepMs : null,
      recent: [...this.recent],
      level: this.level.state(),
      levelError: this.levelError.state(),
      hypotheses: this.hypotheses.map(({ profile, error }) => ({
        periodMs: profile.periodMs,
        profile: profile.state(),
        error: error.state(),
      })),
    };
  }

  private judge(atMs: number, localMs: number, value: number): PointJudgement {
    if (this.span.points < FIRST_SEARCH_POINTS) return unjudged(atMs, value, this.method, 'learning');
    let expected = this.level.mean;
    let error = this.levelError.mean;
    let basis = 'the recent mean';
    for (const { profile, error: own } of this.hypotheses) {
      const slot = profile.slotAt(localMs);
      if (profile.visitsOf(slot) < MIN_VISITS || own.weight < MIN_ERROR_WEIGHT || own.mean >= error) continue;
      expected = profile.expectedIn(slot);
      error = own.mean;
      basis = `usual at this time of ${nameOf(profile.periodMs)}`;
    }
    return judgeDeviation({
      atMs,
      value,
      expected,
      spread: MEAN_ERROR_TO_SIGMA * error,
      sigma: this.options.sigma ?? 4,
      method: this.method,
      basis,
      limits: this.options,
    });
  }

  private learn(localMs: number, value: number): void {
    for (const { profile, error } of this.hypotheses) {
      const slot = profile.slotAt(localMs);
      if (profile.visitsOf(slot) < MIN_VISITS) {
        profile.learn(slot, value);
        continue;
      }
      const expected = profile.expectedIn(slot);
      const lesson = drawnIn(value - expected, error);
      error.add(Math.abs(lesson));
      profile.learn(slot, expected + lesson);
    }
    const lesson = drawnIn(this.level.distance(value), this.levelError);
    this.levelError.add(Math.abs(lesson));
    this.level.add(this.level.weight === 0 ? value : this.level.mean + lesson);
  }

  private measureStep(atMs: number): void {
    const step = atMs - this.span.lastAtMs;
    if (!(step > 0) || !Number.isFinite(step)) return;
    // A running median: gaps and bursts move it little.
    if (this.stepMs === 0) this.stepMs = step;
    else this.stepMs *= step > this.stepMs ? 1.02 : step < this.stepMs ? 1 / 1.02 : 1;
  }

  /** Looks for seasons whenever the history has doubled. */
  private keep(value: number): void {
    this.recent.push(value);
    if (this.recent.length > RECENT_POINTS) this.recent.shift();
    const { points } = this.span;
    const isDoubled = points >= FIRST_SEARCH_POINTS && (points & (points - 1)) === 0;
    if (!isDoubled) return;
    const found = findSeasons(this.recent, 2).map(({ periodPoints }) => periodPoints * this.stepMs);
    for (const periodMs of [DAY_MS, WEEK_MS, ...found]) this.consider(periodMs);
  }

  private consider(periodMs: number): void {
    const isKnown = this.hypotheses.some(
      ({ profile }) => Math.abs(profile.periodMs - periodMs) < 0.05 * profile.periodMs,
    );
    const slots = slotsOf(periodMs, this.stepMs);
    if (isKnown || slots === 0 || this.hypotheses.length >= MAX_HYPOTHESES) return;
    this.hypotheses.push({
      profile: new SeasonalProfile(periodMs, slots),
      error: new RunningMean(ERROR_RATE),
    });
  }
}

/**
 * Both parts joined. Time of day and of week go on slot by slot; of cycles found in the series only those of the part that found some last, as they are
 * counted from its own step.
 */
export function mergeSeasonalBaselineStates(
  earlier: SeasonalBaselineState,
  later: SeasonalBaselineState,
): SeasonalBaselineState {
  return {
    span: mergeSpans(earlier.span, later.span),
    stepMs: later.stepMs ?? earlier.stepMs,
    recent: [...earlier.recent, ...later.recent].slice(-RECENT_POINTS),
    level: mergeRunningMeans(LEVEL_RATE, earlier.level, later.level),
    levelError: mergeRunningMeans(ERROR_RATE, earlier.levelError, later.levelError),
    hypotheses: mergeHypotheses(earlier.hypotheses, later.hypotheses),
  };
}

function mergeHypotheses(
  earlier: readonly HypothesisState[],
  later: readonly HypothesisState[],
): readonly HypothesisState[] {
  const byClock = [DAY_MS, WEEK_MS].flatMap((periodMs): readonly HypothesisState[] => {
    const one = earlier.find((hypothesis) => hypothesis.periodMs === periodMs);
    const other = later.find((hypothesis) => hypothesis.periodMs === periodMs);
    if (one === undefined || other === undefined)
      return [other ?? one].filter((found) => found !== undefined);
    return [
      {
        periodMs,
        profile: mergeSeasonalProfiles(one.profile, other.profile),
        error: mergeRunningMeans(ERROR_RATE, one.error, other.error),
      },
    ];
  });
  const [before, after] = [earlier, later].map((hypotheses) =>
    hypotheses.filter(({ periodMs }) => periodMs !== DAY_MS && periodMs !== WEEK_MS),
  );
  return [...byClock, ...(after?.length ? after : (before ?? []))];
}

function drawnIn(departure: number, error: RunningMean): number {
  if (error.weight < MIN_LESSON_WEIGHT) return departure;
  const most = LESSON_ERRORS * error.mean;
  return Math.max(-most, Math.min(most, departure));
}

function nameOf(periodMs: number): string {
  if (periodMs === DAY_MS) return 'day';
  if (periodMs === WEEK_MS) return 'week';
  return `its cycle of ${Math.round(periodMs / 60_000)} minutes`;
}
