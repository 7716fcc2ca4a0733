/** What a detector makes of one point. */
export type PointState =
  /** Too little history to judge: the score says nothing yet. */
  | 'learning'
  | 'normal'
  /** An anomaly begins here, or (for detectors without a memory of excursions) is here. */
  | 'anomalous'
  /** The anomaly that was reported before still lasts. */
  | 'ongoing'
  /** NaN or infinite: not judged and not learned. */
  | 'missing'
  /** Older than the point before it: not judged and not learned. */
  | 'late';

export type DeviationDirection = 'up' | 'down' | 'none';

/** The range in which a value was expected, in the unit of the series. */
export interface ExpectedBand {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

export interface PointJudgement {
  readonly atMs: number;
  readonly value: number;
  readonly state: PointState;
  /** 0 to 1; from 0.5 on the point is an anomaly. Comparable between series. */
  readonly score: number;
  /** Absent while there is nothing to expect from. */
  readonly band?: ExpectedBand;
  readonly direction: DeviationDirection;
  /** Name and version of the algorithm, e.g. `z-score/1`. */
  readonly method: string;
  /** One sentence in plain words; empty for points that are neither anomalous nor ongoing. */
  readonly why: string;
}

/** Departures smaller than these never make an anomaly, however unusual they are. */
export interface DeviationLimits {
  /** In the unit of the series. */
  readonly minDeviation?: number;
  /** As a share of the expected value's magnitude. */
  readonly minRelativeDeviation?: number;
}

/**
 * Judges the points of one series in order of time, each by itself and those before it. Batch is the same thing over all
 * points, so both agree. `state()` is plain JSON: a detector made from it continues as if never stopped.
 */
export interface SeriesDetector {
  readonly method: string;
  /** Judges a point, then learns from it. */
  observe(atMs: number, value: number): PointJudgement;
  state(): unknown;
}

/** From this score on a point is an anomaly. */
export const ANOMALY_SCORE = 0.5;

/** Values beyond this are treated as this, so that squares and sums stay finite. */
const LARGEST_VALUE = 1e100;

export function clampValue(value: number): number {
  // The sum makes one zero of both, as JSON does.
  return Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, value)) + 0;
}

/** Why a point cannot be judged at all; undefined where it can. */
export function pointProblem(atMs: number, value: number, lastAtMs: number): 'missing' | 'late' | undefined {
  if (!Number.isFinite(value) || !Number.isFinite(atMs)) return 'missing';
  return atMs < lastAtMs ? 'late' : undefined;
}

/** The judgement of a point that was not judged. */
export function unjudged(
  atMs: number,
  value: number,
  method: string,
  state: 'learning' | 'missing' | 'late',
): PointJudgement {
  return { atMs, value, state, score: 0, direction: 'none', method, why: '' };
}

/** True where a value lies far enough from the expected one to matter at all. */
export function isLargeDeviation(value: number, expected: number, limits: DeviationLimits): boolean {
  const deviation = Math.abs(value - expected);
  return (
    deviation >= (limits.minDeviation ?? 0) &&
    deviation >= (limits.minRelativeDeviation ?? 0) * Math.abs(expected)
  );
}

/** A number for people: four significant digits, no long tails. */
export function formatValue(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e7 || magnitude < 1e-4) return value.toExponential(2);
  return String(Number(value.toPrecision(magnitude >= 1000 ? 6 : 4)));
}
