import {
  ANOMALY_SCORE,
  type DeviationLimits,
  type ExpectedBand,
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  isLargeDeviation,
  pointProblem,
  unjudged,
} from './anomaly';
import { BlockMaxima, type BlockMaximaState, isBlockMaximaState, mergeBlockMaxima } from './block-maxima';
import { DepartureScale, mergeDepartureScales } from './departure-scale';
import { explainAdaptive } from './explain-adaptive';
import { ExcursionTrace, type ExcursionTraceState, isExcursionTraceState } from './excursion-trace';
import {
  isOnsetGateState,
  mergeOnsetGates,
  MIN_HISTORY_POINTS,
  OnsetGate,
  type OnsetGateState,
  REPORT_LEVEL,
} from './onset-gate';
import { isRunningMeanState, type RunningMeanState } from './running-mean';
import { isSeriesSpanState, mergeSpans, SeriesSpan, type SeriesSpanState } from './series-span';
import {
  isSeriesTraitsState,
  mergeSeriesTraits,
  type OnsetTrait,
  SeriesTraits,
  type SeriesTraitsState,
  TRAIT_NAMES,
  type TraitName,
} from './series-traits';
import { type Guard, listOf, mergeEach, recordOf } from './state-guard';

const ADAPTIVE_METHOD = 'adaptive/2';

export interface AdaptiveOptions extends DeviationLimits {
  /** Offset of local time from UTC at an instant, in ms: time of day and of week are local with it, else UTC. */
  readonly utcOffsetMs?: (atMs: number) => number;
}

export interface AdaptiveState {
  readonly span: SeriesSpanState;
  readonly traits: SeriesTraitsState;
  readonly scales: readonly RunningMeanState[];
  readonly maxima: readonly BlockMaximaState[];
  readonly gate: OnsetGateState;
  readonly trace: ExcursionTraceState;
}

/** Judged by their root mean square: how unusual is this moment. */
const MOMENT_TRAITS: readonly TraitName[] = ['level', 'level-10', 'level-30', 'level-100', 'turbulence-10'];
/** Judged by the largest departures of the history: is this the beginning of something new. */
const ONSET_TRAITS: readonly TraitName[] = ['season', 'misfit-30', 'turbulence-30', 'dispersion-100'];

export const isAdaptiveState: Guard<AdaptiveState> = recordOf({
  span: isSeriesSpanState,
  traits: isSeriesTraitsState,
  scales: listOf(isRunningMeanState, MOMENT_TRAITS.length),
  maxima: listOf(isBlockMaximaState, ONSET_TRAITS.length),
  gate: isOnsetGateState,
  trace: isExcursionTraceState,
});

const MOMENT_INDEXES = MOMENT_TRAITS.map((name) => TRAIT_NAMES.indexOf(name));
const ONSET_INDEXES = ONSET_TRAITS.map((name) => TRAIT_NAMES.indexOf(name));
const LEVEL_TRAIT = MOMENT_TRAITS.indexOf('level');
const SEASON_TRAIT = ONSET_TRAITS.indexOf('season');
/** Strength at which half of the score's range is used up. */
const HALF_STRENGTH = 4;
const BAND_DEVIATIONS = 3;

/**
 * The default. Every point is compared with several histories of its series at once (level, season, turbulence, dispersion); each of these
 * departures is judged by how large it usually is in this very series, so what decides differs from series to series. Two questions are
 * answered in one score: how unusual a moment is (below 0.5, also while an excursion lasts), and whether an excursion begins here that is
 * larger than this history's largest ones (from 0.5 on, once per excursion).
 */
export class AdaptiveDetector implements SeriesDetector {
  readonly method = ADAPTIVE_METHOD;
  private readonly span: SeriesSpan;
  private readonly traits: SeriesTraits;
  private readonly scales: readonly DepartureScale[];
  private readonly maxima: readonly BlockMaxima[];
  private readonly gate: OnsetGate;
  private readonly trace: ExcursionTrace;

  constructor(
    private readonly options: AdaptiveOptions = {},
    state?: AdaptiveState,
  ) {
    this.span = new SeriesSpan(state?.span);
    this.traits = new SeriesTraits(state?.traits);
    this.scales = MOMENT_TRAITS.map((_, index) => new DepartureScale(state?.scales[index]));
    this.maxima = ONSET_TRAITS.map((_, index) => new BlockMaxima(state?.maxima[index]));
    this.gate = new OnsetGate(state?.gate);
    this.trace = new ExcursionTrace(state?.trace);
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    const index = this.span.points;
    const band = this.bandBefore();
    this.traits.observe(atMs + (this.options.utcOffsetMs?.(atMs) ?? 0), value);
    const strength = this.trace.observe(index, this.strongestMoment());
    const { surprise, trait } = this.strongestOnset(atMs);
    const isLarge = isLargeDeviation(value, this.traits.expected, this.options);
    const phase = this.gate.observe(index, isLarge ? surprise : 0);
    this.span.add(atMs);
    return this.judge({ atMs, value: given, index, strength, surprise, trait, phase, halfWidth: band });
  }

  state(): AdaptiveState {
    return {
      span: this.span.state(),
      traits: this.traits.state(),
      scales: this.scales.map((scale) => scale.state()),
      maxima: this.maxima.map((maxima) => maxima.state()),
      gate: this.gate.state(),
      trace: this.trace.state(),
    };
  }

  private judge(found: Finding): PointJudgement {
    const { atMs, value, index, strength, phase, trait, surprise } = found;
    const unusual = (ANOMALY_SCORE * strength) / (strength + HALF_STRENGTH);
    const { expected, season } = this.traits;
    const halfWidth = season === undefined ? found.halfWidth.level : found.halfWidth.season;
    const band: ExpectedBand = { expected, low: expected - halfWidth, high: expected + halfWidth };
    const isOnset = phase === 'onset';
    return {
      atMs,
      value,
      state:
        index < MIN_HISTORY_POINTS
          ? 'learning'
          : isOnset
            ? 'anomalous'
            : phase === 'ongoing'
              ? 'ongoing'
              : 'normal',
      score: isOnset ? ANOMALY_SCORE + unusual : unusual,
      band,
      direction: value > expected ? 'up' : value < expected ? 'down' : 'none',
      method: this.method,
      why: isOnset ? explainAdaptive({ value, band, season, trait, surprise, points: index }) : '',
    };
  }

  /** Half widths of the band by season and by level, from the history before a point. */
  private bandBefore(): { season: number; level: number } {
    return {
      season: this.maxima[SEASON_TRAIT]?.magnitudeAt(REPORT_LEVEL) ?? 0,
      level: BAND_DEVIATIONS * (this.scales[LEVEL_TRAIT]?.spread ?? 0),
    };
  }

  private strongestMoment(): number {
    const departures = this.traits.values;
    let strongest = 0;
    for (let index = 0; index < MOMENT_INDEXES.length; index += 1) {
      const departure = departures[MOMENT_INDEXES[index] ?? 0] ?? 0;
      const deviations = this.scales[index]?.observe(departure) ?? 0;
      if (deviations > strongest) strongest = deviations;
    }
    return strongest;
  }

  private strongestOnset(atMs: number): { surprise: number; trait: OnsetTrait } {
    const departures = this.traits.values;
    let surprise = 0;
    let strongest = 0;
    let isAbove = true;
    for (let index = 0; index < ONSET_INDEXES.length; index += 1) {
      const maxima = this.maxima[index];
      const departure = departures[ONSET_INDEXES[index] ?? 0] ?? 0;
      const magnitude = Math.abs(departure);
      const own = maxima?.surprise(magnitude) ?? 0;
      maxima?.add(atMs, magnitude);
      if (own <= surprise) continue;
      surprise = own;
      strongest = index;
      isAbove = departure > 0;
    }
    return { surprise, trait: { name: ONSET_TRAITS[strongest] ?? 'season', isAbove } };
  }
}

/**
 * What a detector of the later part would know had it begun with the earlier one: the statistics of both joined, and the open excursion of the later
 * part. How the later part's first points departed from the earlier history is not known any more.
 */
export function mergeAdaptiveStates(earlier: AdaptiveState, later: AdaptiveState): AdaptiveState {
  const span = mergeSpans(earlier.span, later.span);
  if (later.span.points === 0) return earlier;
  return {
    span,
    traits: mergeSeriesTraits(earlier.traits, later.traits),
    scales: mergeEach(earlier.scales, later.scales, mergeDepartureScales),
    maxima: mergeEach(earlier.maxima, later.maxima, mergeBlockMaxima),
    gate: mergeOnsetGates(earlier.gate, later.gate, earlier.span.points),
    trace: later.trace,
  };
}

interface Finding {
  readonly atMs: number;
  readonly value: number;
  readonly index: number;
  readonly strength: number;
  readonly surprise: number;
  readonly trait: OnsetTrait;
  readonly phase: 'quiet' | 'onset' | 'ongoing';
  readonly halfWidth: { readonly season: number; readonly level: number };
}
