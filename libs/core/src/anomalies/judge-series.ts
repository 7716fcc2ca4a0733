import {
  ANOMALY_SCORE,
  type DeviationDirection,
  type ExpectedBand,
  formatValue,
  type PointJudgement,
} from '../../../analysis/src/anomalies/anomaly';
import { createDetector, restoreDetector } from '../../../analysis/src/anomalies/create-detector';
import { type DetectorSnapshot, snapshotOf } from '../../../analysis/src/anomalies/detector-snapshot';
import { adjustDeparture, type SeriesAdjustment } from '../../../analysis/src/anomalies/learn-adjustment';
import { ZScoreDetector } from '../../../analysis/src/anomalies/z-score-detector';
import type { TimeRange } from '../common/time-range';
import type { MetricPoint } from '../metrics/metric-query';
import { type AnomalyMethod, type AnomalyQuestion, usualSigma } from './anomaly-question';

/** A value that was not expected. */
export interface Anomaly {
  readonly atMs: number;
  readonly value: number;
  /** An excursion begins here, or one that began before still lasts. */
  readonly phase: 'onset' | 'ongoing';
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** Distance from the expected value in standard deviations; infinite where the series never moved before. */
  readonly deviation: number;
  /** 0 to 1; comparable between series. */
  readonly score: number;
  readonly direction: DeviationDirection;
  /** One sentence; empty while an excursion goes on. */
  readonly why: string;
}

/** What a series' judgement was like at one point, anomalous or not. */
export interface JudgedPoint {
  readonly atMs: number;
  readonly score: number;
  /** From the expected value in standard deviations, negative below it; 0 while there is too little history. */
  readonly deviation: number;
  /** Absent while there is nothing to expect from. */
  readonly expected?: number;
  readonly low?: number;
  readonly high?: number;
}

export interface BegunExcursion {
  readonly direction: DeviationDirection;
  /** The last value that belonged to it. */
  readonly lastAtMs: number;
}

/** Where the judging of a series stopped. Plain JSON. */
export interface JudgingState {
  readonly detector: DetectorSnapshot;
  /** Of the excursion that was reported last, which may still last. */
  readonly begun?: BegunExcursion;
}

export interface SeriesVerdict {
  /** Name and version of the algorithm, e.g. `adaptive/1`. */
  readonly method: string;
  readonly anomalies: readonly Anomaly[];
  /** Points in the judged range, and how many of them came too early in the history to be judged. */
  readonly points: number;
  readonly learning: number;
  /** The last point of the judged range. */
  readonly last?: MetricPoint;
  /** Every judged point. */
  readonly judged: readonly JudgedPoint[];
  readonly state: JudgingState;
}

export interface SeriesToJudge {
  readonly points: readonly MetricPoint[];
  /** Points before are only learned from. */
  readonly judgeFromMs: number;
  /** Times before `judgeFromMs` that are not learned from: they are known to have been abnormal. */
  readonly leaveOut?: readonly TimeRange[];
  /** What people's labels change. */
  readonly adjustment?: SeriesAdjustment;
  /** Goes on from there, for methods with a band of their own. Errors: DetectorStateError where this method cannot. */
  readonly resumeFrom?: JudgingState;
}

/** Points between two pauses: a fraction of a millisecond with most methods. */
const POINTS_PER_STEP = 128;
const ADAPTIVE_BAND_SIGMA = 3;
const NO_ADJUSTMENT: SeriesAdjustment = { up: {}, down: {}, quiet: [], conflicts: [] };

/**
 * Judges a series, point by point in order of time, each by those before it. A generator, so that the caller decides when
 * others get their turn: run it with `inTurns`, or to its end with `runAtOnce`.
 */
export function* judgeSeries(
  { points, judgeFromMs, leaveOut = [], adjustment = NO_ADJUSTMENT, resumeFrom }: SeriesToJudge,
  question: AnomalyQuestion,
): Generator<undefined, SeriesVerdict> {
  const { method, minRelativeDeviation } = question;
  const sigma = question.threshold ?? usualSigma(method);
  const limits = { sigma, ...(minRelativeDeviation !== undefined && { minRelativeDeviation }) };
  const detector =
    resumeFrom === undefined ? createDetector(method, limits) : restoreDetector(resumeFrom.detector, limits);
  const bands = new Bands(method, sigma);
  const excursions = new Excursions(question, adjustment, resumeFrom?.begun);
  const anomalies: Anomaly[] = [];
  const judged: JudgedPoint[] = [];
  let learning = 0;
  let seen = 0;
  let last: MetricPoint | undefined;
  for (const point of inOrder(points)) {
    seen += 1;
    if (seen % POINTS_PER_STEP === 0) yield undefined;
    const isJudged = point.atMs >= judgeFromMs;
    if (!isJudged && leaveOut.some(({ fromMs, toMs }) => point.atMs >= fromMs && point.atMs < toMs)) continue;
    const judgement = detector.observe(point.atMs, point.value);
    const band = bands.of(judgement);
    const found = excursions.next(judgement, band);
    if (!isJudged) continue;
    last = point;
    const score = excursions.isQuiet ? 0 : (found?.score ?? judgement.score);
    const deviation = judgement.state === 'learning' ? 0 : signedDeviation(judgement.value, band);
    judged.push({ atMs: point.atMs, score, deviation, ...band?.range });
    if (judgement.state === 'learning') learning += 1;
    if (found !== undefined) anomalies.push(found);
  }
  return {
    method: detector.method,
    anomalies,
    points: judged.length,
    learning,
    ...(last !== undefined && { last }),
    judged,
    state: {
      detector: snapshotOf(detector),
      ...(excursions.begun !== undefined && { begun: excursions.begun }),
    },
  };
}

/** What the generator returns, without a pause. */
export function runAtOnce<Result>(work: Generator<undefined, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

interface Band {
  readonly range: ExpectedBand;
  /** One standard deviation. */
  readonly spread: number;
}

/** Methods without a band of their own are shown with the one of the plain z-score. */
class Bands {
  private readonly companion: ZScoreDetector | undefined;
  private readonly ownSigma: number;

  constructor(method: AnomalyMethod, sigma: number) {
    this.ownSigma = method === 'adaptive' ? ADAPTIVE_BAND_SIGMA : sigma;
    if (method !== 'adaptive') this.companion = new ZScoreDetector({ sigma: ADAPTIVE_BAND_SIGMA });
  }

  of({ atMs, value, band }: PointJudgement): Band | undefined {
    const plain = this.companion?.observe(atMs, value).band;
    const range = band ?? plain;
    const sigma = band === undefined ? ADAPTIVE_BAND_SIGMA : this.ownSigma;
    return range === undefined ? undefined : { range, spread: (range.high - range.low) / 2 / sigma };
  }
}

/** Follows the excursions of a series: which one is asked for, and what goes on of it. */
class Excursions {
  private isLasting = false;
  private isIgnored = false;
  /** Whether labels took the last point for nothing unusual. */
  isQuiet = false;

  constructor(
    private readonly question: AnomalyQuestion,
    private readonly adjustment: SeriesAdjustment,
    /** The one that was reported last. */
    public begun: BegunExcursion | undefined,
  ) {}

  next(judgement: PointJudgement, band: Band | undefined): Anomaly | undefined {
    const { state } = judgement;
    if (state === 'learning' || state === 'missing' || state === 'late') return undefined;
    const found = toAnomaly(judgement, band);
    const advice = adjustDeparture(found, this.adjustment);
    this.isQuiet = advice === 'ignore';
    const isDetected = state === 'anomalous' || state === 'ongoing';
    const wasLasting = this.isLasting;
    this.isLasting = isDetected || advice === 'report';
    if (state === 'anomalous')
      this.begun = isAskedFor(found, this.question)
        ? { direction: found.direction, lastAtMs: found.atMs }
        : undefined;
    if (advice === 'ignore') {
      if (state === 'anomalous') this.isIgnored = true;
      return undefined;
    }
    if (state === 'anomalous') this.isIgnored = false;
    if (advice === 'report' && !isDetected) return this.report(found, wasLasting);
    if (!isDetected || this.begun === undefined) return undefined;
    const isLarge = found.deviation > ADAPTIVE_BAND_SIGMA && found.direction === this.begun.direction;
    if (this.isIgnored && !isLarge) return undefined;
    // What begins with a departure that is ignored begins where it gets larger.
    const phase = this.isIgnored ? 'onset' : found.phase;
    this.isIgnored = false;
    // What goes on is what began: by now the detector may have got used to it.
    this.begun = { direction: this.begun.direction, lastAtMs: found.atMs };
    return { ...found, phase, direction: this.begun.direction };
  }

  private report(found: Anomaly, wasLasting: boolean): Anomaly | undefined {
    if (!isAskedFor(found, this.question)) return undefined;
    if (wasLasting) return { ...found, phase: 'ongoing' };
    const { value, expected, deviation } = found;
    return {
      ...found,
      phase: 'onset',
      score: Math.max(found.score, ANOMALY_SCORE),
      why: `${formatValue(value)} where ${formatValue(expected)} was expected: ${deviation.toFixed(1)} deviations, as far as what was labelled as missed`,
    };
  }
}

function toAnomaly(
  { atMs, value, state, score, direction, why }: PointJudgement,
  band: Band | undefined,
): Anomaly {
  const range = band?.range ?? { expected: value, low: value, high: value };
  const distance = Math.abs(value - range.expected);
  return {
    atMs,
    value,
    phase: state === 'anomalous' ? 'onset' : 'ongoing',
    ...range,
    deviation: distance === 0 ? 0 : distance / (band?.spread ?? 0),
    score,
    direction:
      direction === 'none' && value !== range.expected ? (value > range.expected ? 'up' : 'down') : direction,
    why,
  };
}

function signedDeviation(value: number, band: Band | undefined): number {
  const distance = band === undefined ? 0 : value - band.range.expected;
  // A value that is missing is no distance away.
  return distance === 0 || Number.isNaN(distance) ? 0 : distance / (band?.spread ?? 1);
}

/** Half a thousandth of tolerance, because the deviation comes from a band that was rounded on its way. */
function isAskedFor({ deviation, direction }: Anomaly, question: AnomalyQuestion): boolean {
  if (question.threshold !== undefined && deviation < question.threshold * 0.9995) return false;
  return (
    question.direction === undefined || question.direction === 'both' || question.direction === direction
  );
}

function inOrder(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const isOrdered = points.every(
    ({ atMs }, index) => index === 0 || atMs >= (points[index - 1]?.atMs ?? atMs),
  );
  return isOrdered ? points : [...points].sort((one, other) => one.atMs - other.atMs);
}
