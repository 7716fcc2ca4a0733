import { findLevelShift } from './find-level-shift';
import { type Point, cleanPoints, isCounter, toRates } from './prepare-series';
import { quantileOfSorted, robustScale, sorted } from './robust-statistics';

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SeriesComparisonInput {
  readonly metricName: string;
  readonly points: readonly Point[];
  readonly baseline: TimeWindow;
  readonly incident: TimeWindow;
  /** Departures smaller than this, in the unit of the series, do not count. */
  readonly minDeviation?: number;
  /** Departures smaller than this share of the expected value do not count. */
  readonly minRelativeDeviation?: number;
}

export type SeriesComparison =
  | { readonly outcome: 'too-short'; readonly baselinePoints: number; readonly incidentPoints: number }
  | ({ readonly outcome: 'steady' | 'departed' } & SeriesDeparture);

export interface SeriesDeparture {
  readonly direction: 'up' | 'down';
  /** Robust z: deviations from the baseline's median in units of its spread. Never negative. */
  readonly score: number;
  /** Median of the baseline. */
  readonly expected: number;
  readonly spread: number;
  /** The value of the incident window that lies farthest off in `direction`. */
  readonly observed: number;
  readonly onsetMs: number;
  /** True where the series is a counter and all figures are rates per second. */
  readonly isRate: boolean;
}

const MIN_BASELINE_POINTS = 4;
const MIN_SCORE = 4;
const MIN_RELATIVE_DEVIATION = 0.1;
/** A series that hardly moves is not judged by its last digit: the spread is at least this share of the level, and of the largest value seen. */
const SPREAD_FLOOR_OF_LEVEL = 0.02;
const SPREAD_FLOOR_OF_RANGE = 0.01;
/** What lasts for a quarter of the time since the onset counts: spikes shorter than that are noise. */
const LASTING_SHARE = 0.75;
const Z_CLIP = 12;

/**
 * How far a series left its baseline in the incident window: median and MAD (or IQR) of the baseline, the level since the onset, and the
 * onset as the change point of the standardised series. Points may be unsorted, doubled, NaN or missing; counters become rates.
 */
export function compareSeries(input: SeriesComparisonInput): SeriesComparison {
  const clean = cleanPoints(input.points);
  const isRate = isCounter(input.metricName, clean);
  const points = isRate ? toRates(clean) : clean;
  const baseline = points.filter((point) => isWithin(point, input.baseline));
  const incident = points.filter((point) => isWithin(point, input.incident));
  if (baseline.length < MIN_BASELINE_POINTS || incident.length === 0) {
    return { outcome: 'too-short', baselinePoints: baseline.length, incidentPoints: incident.length };
  }
  const { centre, spread } = flooredScale(baseline, incident);
  const z = (point: Point): number => (point.value - centre) / spread;
  const onset = findOnset(baseline, incident, z);
  const since = incident.slice(onset);
  const ascending = sorted(since.map(z));
  const high = quantileOfSorted(ascending, LASTING_SHARE);
  const low = quantileOfSorted(ascending, 1 - LASTING_SHARE);
  const direction = high >= -low ? 'up' : 'down';
  const score = Math.max(high, -low, 0);
  const observed = since.reduce(
    (most, { value }) => (direction === 'up' ? Math.max(most, value) : Math.min(most, value)),
    direction === 'up' ? -Infinity : Infinity,
  );
  const isFar =
    Math.abs(observed - centre) >= (input.minDeviation ?? 0) &&
    Math.abs(observed - centre) >= (input.minRelativeDeviation ?? MIN_RELATIVE_DEVIATION) * Math.abs(centre);
  const onsetMs = since[0]?.atMs ?? input.incident.fromMs;
  const departure = { direction, score, expected: centre, spread, observed, onsetMs, isRate } as const;
  return { outcome: score >= MIN_SCORE && isFar ? 'departed' : 'steady', ...departure };
}

function isWithin(point: Point, window: TimeWindow): boolean {
  return point.atMs >= window.fromMs && point.atMs < window.toMs;
}

/**
 * Few points know their spread badly, so it is widened for them. Against a baseline that never moved any change is infinite, so the largest
 * deviation of all bounds the spread from below: no score passes 100.
 */
function flooredScale(
  baseline: readonly Point[],
  incident: readonly Point[],
): { centre: number; spread: number } {
  const { centre, spread } = robustScale(baseline.map((point) => point.value));
  let largest = 0;
  for (const point of baseline) largest = Math.max(largest, Math.abs(point.value - centre));
  for (const point of incident) largest = Math.max(largest, Math.abs(point.value - centre));
  const widened = spread * (1 + 3 / baseline.length);
  const floor = Math.max(SPREAD_FLOOR_OF_LEVEL * Math.abs(centre), SPREAD_FLOOR_OF_RANGE * largest);
  return { centre, spread: Math.max(widened, floor, Number.MIN_VALUE) };
}

/** Index within the incident of the first point at the new level. */
function findOnset(
  baseline: readonly Point[],
  incident: readonly Point[],
  z: (point: Point) => number,
): number {
  const tail = baseline.slice(-Math.max(8, incident.length));
  const values = [...tail, ...incident].map((point) => Math.max(-Z_CLIP, Math.min(Z_CLIP, z(point))));
  const shift = findLevelShift(values, tail.length);
  return shift === undefined || shift.evidence <= 0 ? 0 : shift.index - tail.length;
}
