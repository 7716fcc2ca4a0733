import type { DeviationDirection, PointJudgement } from '../../../analysis/src/anomalies/anomaly';
import { createDetector } from '../../../analysis/src/anomalies/create-detector';
import { ZScoreDetector } from '../../../analysis/src/anomalies/z-score-detector';
import type { TimeRange } from '../common/time-range';
import type { MetricPoint } from '../metrics/metric-query';
import { type AnomalyQuestion, usualSigma } from './anomaly-question';

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

export interface SeriesVerdict {
  /** Name and version of the algorithm, e.g. `adaptive/1`. */
  readonly method: string;
  readonly anomalies: readonly Anomaly[];
  /** Points in the judged range, and how many of them came too early in the history to be judged. */
  readonly points: number;
  readonly learning: number;
  /** The last point of the judged range. */
  readonly last?: MetricPoint;
}

export interface SeriesToJudge {
  readonly points: readonly MetricPoint[];
  /** Points before are only learned from. */
  readonly judgeFromMs: number;
  /** Times before `judgeFromMs` that are not learned from: they are known to have been abnormal. */
  readonly leaveOut?: readonly TimeRange[];
}

/** Points between two pauses: a fraction of a millisecond with most methods. */
const POINTS_PER_STEP = 128;
const ADAPTIVE_BAND_SIGMA = 3;

/**
 * Judges a series, point by point in order of time, each by those before it. A generator, so that the caller decides when
 * others get their turn: run it with `inTurns`, or to its end with `runAtOnce`.
 */
export function* judgeSeries(
  { points, judgeFromMs, leaveOut = [] }: SeriesToJudge,
  question: AnomalyQuestion,
): Generator<undefined, SeriesVerdict> {
  const { method, minRelativeDeviation } = question;
  const sigma = question.threshold ?? usualSigma(method);
  const limits = minRelativeDeviation === undefined ? {} : { minRelativeDeviation };
  const detector = createDetector(method, { sigma, ...limits });
  const companion = new ZScoreDetector({ sigma: ADAPTIVE_BAND_SIGMA });
  const anomalies: Anomaly[] = [];
  let judged = 0;
  let learning = 0;
  let seen = 0;
  let last: MetricPoint | undefined;
  let begun: Anomaly | undefined;
  for (const point of inOrder(points)) {
    seen += 1;
    if (seen % POINTS_PER_STEP === 0) yield undefined;
    const isJudged = point.atMs >= judgeFromMs;
    if (!isJudged && leaveOut.some(({ fromMs, toMs }) => point.atMs >= fromMs && point.atMs < toMs)) continue;
    const judgement = detector.observe(point.atMs, point.value);
    const plain = companion.observe(point.atMs, point.value);
    const found = toAnomaly(judgement, plain, method === 'adaptive' ? ADAPTIVE_BAND_SIGMA : sigma);
    if (found?.phase === 'onset') begun = isAskedFor(found, question) ? found : undefined;
    if (!isJudged) continue;
    judged += 1;
    last = point;
    if (judgement.state === 'learning') learning += 1;
    // What goes on is what began: by now the detector may have got used to it.
    if (found !== undefined && begun !== undefined) anomalies.push({ ...found, direction: begun.direction });
  }
  return {
    method: detector.method,
    anomalies,
    points: judged,
    learning,
    ...(last !== undefined && { last }),
  };
}

/** What the generator returns, without a pause. */
export function runAtOnce<Result>(work: Generator<undefined, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Methods without a band of their own are shown with the one of the plain z-score. */
function toAnomaly(judgement: PointJudgement, plain: PointJudgement, bandSigma: number): Anomaly | undefined {
  const { atMs, value, state, score, why } = judgement;
  if (state !== 'anomalous' && state !== 'ongoing') return undefined;
  const band = judgement.band ?? plain.band ?? { expected: value, low: value, high: value };
  const sigma = judgement.band === undefined ? ADAPTIVE_BAND_SIGMA : bandSigma;
  const distance = Math.abs(value - band.expected);
  const spread = (band.high - band.low) / 2 / sigma;
  return {
    atMs,
    value,
    phase: state === 'anomalous' ? 'onset' : 'ongoing',
    ...band,
    deviation: distance === 0 ? 0 : distance / spread,
    score,
    direction: judgement.direction,
    why,
  };
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
