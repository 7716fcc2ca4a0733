import { findLevelShift } from './find-level-shift';
import { type Point, cleanPoints, isCounter, toRates } from './prepare-series';
import { median, robustScale } from './robust-statistics';

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SeriesComparisonInput {
  readonly metricName: string;
  readonly points: readonly Point[];
  /** Values of a time that is known to be normal; where absent, the baseline window is taken for normal. */
  readonly reference?: readonly Point[];
  readonly baseline: TimeWindow;
  readonly incident: TimeWindow;
  /** The usual spread is taken to be at least this, in the unit of the series. */
  readonly minSpread?: number;
  /** Departures smaller than this, in the unit of the series, do not count. */
  readonly minDeviation?: number;
  /** Departures smaller than this share of the expected value do not count. */
  readonly minRelativeDeviation?: number;
  /** Whether an alert was about this metric: then its last values count, be they ever so few. */
  readonly isNoticed?: boolean;
}

export type SeriesComparison =
  | { readonly outcome: 'too-short'; readonly baselinePoints: number; readonly incidentPoints: number }
  | SeriesMove;

export type SeriesMove = { readonly outcome: 'steady' | 'departed' } & SeriesDeparture;

export interface SeriesDeparture {
  readonly direction: 'up' | 'down';
  /** Robust z: deviation of the level since the onset, in units of the usual spread. Never negative, at most 100. */
  readonly score: number;
  /** Level of the baseline; of the reference and the baseline the one nearer to what was observed. */
  readonly expected: number;
  readonly spread: number;
  /** Median since the onset. */
  readonly level: number;
  /** The value of the incident window that lies farthest off in `direction`. */
  readonly observed: number;
  readonly onsetMs: number;
  /** True where the series is a counter and all figures are rates per second. */
  readonly isRate: boolean;
}

const MIN_BASELINE_POINTS = 2;
const MIN_SCORE = 4;
const MIN_RELATIVE_DEVIATION = 0.1;
/** A series that hardly moves is not judged by its last digit. */
const SPREAD_FLOOR_OF_LEVEL = 0.05;
const SPREAD_FLOOR_OF_RANGE = 0.01;
/** So much of the baseline counts as "right before". */
const MIN_RECENT_POINTS = 5;
const MAX_RECENT_POINTS = 15;
const Z_CLIP = 12;
/** Fewer points do not tell an onset from noise. */
const MIN_ONSET_POINTS = 6;
/** So far off are the last values of a short window when something has only just begun. */
const JUST_BEGUN_SCORE = 8;

/**
 * How far a series left its baseline in the incident window: median and MAD (or IQR) of what is normal, the level since the onset, and the
 * onset as the change point of the standardised series. Normal is what lies between the level of the reference (or the whole baseline) and the
 * level right before the incident, so that a drift between the two is no departure. Points may be unsorted, doubled, NaN or missing; counters
 * become rates.
 */
export function compareSeries(input: SeriesComparisonInput): SeriesComparison {
  const clean = cleanPoints(input.points);
  const reference = cleanPoints(input.reference ?? []);
  const isRate = isCounter(input.metricName, reference.length > clean.length ? reference : clean);
  const points = isRate ? toRates(clean) : clean;
  const baseline = points.filter((point) => isWithin(point, input.baseline));
  const incident = points.filter((point) => isWithin(point, input.incident));
  const hasReference = reference.length >= MIN_BASELINE_POINTS;
  const normal = hasReference ? (isRate ? toRates(reference) : reference) : baseline;
  if (normal.length < MIN_BASELINE_POINTS || incident.length === 0) {
    return { outcome: 'too-short', baselinePoints: normal.length, incidentPoints: incident.length };
  }
  const recent = hasReference ? baseline : baseline.slice(-recentCount(incident.length));
  const band = bandOf(normal, recent, incident, input.minSpread ?? 0);
  const z = (value: number): number => deviationOf(value, band) / band.spread;
  const isShort = incident.length < MIN_ONSET_POINTS;
  const since = sinceOnset(baseline, incident, z, input.isNoticed ?? false);
  const level = median(since.map(({ value }) => value));
  const deviation = deviationOf(level, band);
  const direction = deviation >= 0 ? 'up' : 'down';
  const expected = deviation >= 0 ? band.high : band.low;
  const distance = Math.abs(deviation);
  const isFar =
    distance >= (input.minDeviation ?? 0) &&
    distance >= (input.minRelativeDeviation ?? MIN_RELATIVE_DEVIATION) * Math.abs(expected);
  const score = distance / band.spread;
  return {
    outcome: score >= MIN_SCORE && isFar ? 'departed' : 'steady',
    direction,
    score,
    expected,
    spread: band.spread,
    level,
    observed: extremeOf(since, direction),
    onsetMs: (isShort ? startOf(since, level, z) : since[0])?.atMs ?? input.incident.fromMs,
    isRate,
  };
}

function isWithin(point: Point, window: TimeWindow): boolean {
  return point.atMs >= window.fromMs && point.atMs < window.toMs;
}

function recentCount(incidentPoints: number): number {
  return Math.max(MIN_RECENT_POINTS, Math.min(MAX_RECENT_POINTS, 2 * incidentPoints));
}

function extremeOf(points: readonly Point[], direction: 'up' | 'down'): number {
  let extreme = direction === 'up' ? -Infinity : Infinity;
  for (const { value } of points)
    extreme = direction === 'up' ? Math.max(extreme, value) : Math.min(extreme, value);
  return extreme;
}

/** Where the onset could not be told from noise, the values before it are nearer to what is normal than to the level. */
function startOf(since: readonly Point[], level: number, z: (value: number) => number): Point | undefined {
  return since.find(({ value }) => z(value) * Math.sign(z(level)) >= Math.abs(z(level)) / 2) ?? since[0];
}

interface Band {
  readonly low: number;
  readonly high: number;
  readonly spread: number;
}

/** 0 within the band. */
function deviationOf(value: number, { low, high }: Band): number {
  if (value > high) return value - high;
  return value < low ? value - low : 0;
}

/**
 * Few points know their level and spread badly, so both are widened for them. Against a baseline that never moved any change is infinite, so
 * the largest deviation of all bounds the spread from below.
 */
function bandOf(
  normal: readonly Point[],
  recent: readonly Point[],
  incident: readonly Point[],
  minSpread: number,
): Band {
  const { centre, spread } = robustScale(normal.map(({ value }) => value));
  const before = recent.length === 0 ? centre : median(recent.map(({ value }) => value));
  const low = Math.min(centre, before);
  const high = Math.max(centre, before);
  let largest = 0;
  for (const { value } of normal) largest = Math.max(largest, Math.abs(value - centre));
  for (const { value } of incident) largest = Math.max(largest, Math.abs(value - centre));
  const few = 1 / normal.length;
  const level = Math.max(Math.abs(low), Math.abs(high));
  const widened = spread * (1 + 3 * few) + SPREAD_FLOOR_OF_LEVEL * level * (1 + 6 * few) + minSpread;
  return { low, high, spread: Math.max(widened, SPREAD_FLOOR_OF_RANGE * largest, Number.MIN_VALUE) };
}

/**
 * The points of the incident from the first one at the new level on. Few points do not tell that one from noise: then it is all of them, but of a
 * metric that an alert was about the last ones that are beyond doubt not as usual: it fires when something has only just begun.
 */
function sinceOnset(
  baseline: readonly Point[],
  incident: readonly Point[],
  z: (value: number) => number,
  isNoticed: boolean,
): readonly Point[] {
  if (incident.length >= MIN_ONSET_POINTS) return incident.slice(findOnset(baseline, incident, z));
  return isNoticed ? incident.slice(startOfLast(incident, z)) : incident;
}

/** Where the last values lie beyond doubt on one side of what is normal: the index of the first of them; else 0. */
function startOfLast(incident: readonly Point[], z: (value: number) => number): number {
  const last = z(incident.at(-1)?.value ?? 0);
  if (Math.abs(last) < JUST_BEGUN_SCORE) return 0;
  const isBack = ({ value }: Point) => z(value) * Math.sign(last) < JUST_BEGUN_SCORE;
  return incident.findLastIndex(isBack) + 1;
}

/** Index within the incident of the first point at the new level. */
function findOnset(
  baseline: readonly Point[],
  incident: readonly Point[],
  z: (value: number) => number,
): number {
  const tail = baseline.slice(-Math.max(8, incident.length));
  const values = [...tail, ...incident].map(({ value }) => Math.max(-Z_CLIP, Math.min(Z_CLIP, z(value))));
  const shift = findLevelShift(values, { fromIndex: tail.length });
  return shift === undefined || shift.evidence <= 0 ? 0 : shift.index - tail.length;
}
