import { AdaptiveDetector, isAdaptiveState, mergeAdaptiveStates } from './adaptive-detector';
import type { DeviationLimits, SeriesDetector } from './anomaly';
import { type DetectorSnapshot, DetectorStateError } from './detector-snapshot';
import { FlatLineDetector, isFlatLineState, mergeFlatLineStates } from './flat-line-detector';
import {
  IsolationForestDetector,
  isIsolationForestDetectorState,
  mergeIsolationForestStates,
} from './isolation-forest-detector';
import { isLevelShiftState, mergeLevelShiftStates, LevelShiftDetector } from './level-shift-detector';
import { isRobustZState, mergeRobustZStates, RobustZDetector } from './robust-z-detector';
import {
  isSeasonalBaselineState,
  mergeSeasonalBaselineStates,
  SeasonalBaselineDetector,
} from './seasonal-baseline-detector';
import type { Guard } from './state-guard';
import { isZScoreState, mergeZScoreStates, ZScoreDetector } from './z-score-detector';

export interface DetectorOptions extends DeviationLimits {
  /** Deviations that make an anomaly, for the methods that count them. */
  readonly sigma?: number;
  /** Offset of local time from UTC at an instant, in ms, for the methods that know seasons: without it time of day and of week are UTC. */
  readonly utcOffsetMs?: (atMs: number) => number;
}

const DETECTORS = {
  adaptive: method((...given) => new AdaptiveDetector(...given), isAdaptiveState, mergeAdaptiveStates),
  'z-score': method((...given) => new ZScoreDetector(...given), isZScoreState, mergeZScoreStates),
  'robust-z': method((...given) => new RobustZDetector(...given), isRobustZState, mergeRobustZStates),
  'isolation-forest': method(
    (...given) => new IsolationForestDetector(...given),
    isIsolationForestDetectorState,
    mergeIsolationForestStates,
  ),
  'seasonal-baseline': method(
    (...given) => new SeasonalBaselineDetector(...given),
    isSeasonalBaselineState,
    mergeSeasonalBaselineStates,
  ),
  'level-shift': method(
    (...given) => new LevelShiftDetector(...given),
    isLevelShiftState,
    mergeLevelShiftStates,
  ),
  'flat-line': method((_, state) => new FlatLineDetector({}, state), isFlatLineState, mergeFlatLineStates),
} as const satisfies Record<string, DetectorMethod>;

export type DetectorName = keyof typeof DETECTORS;

export const DETECTOR_NAMES = Object.keys(DETECTORS) as readonly DetectorName[];

/** A fresh detector for one series. */
export function createDetector(name: DetectorName, options: DetectorOptions = {}): SeriesDetector {
  return DETECTORS[name].create(options);
}

/**
 * A detector that goes on where `snapshotOf` was taken, to the last bit, also after a way through JSON. Options are not part of a snapshot: give
 * the same again.
 *
 * @param snapshot a `DetectorSnapshot`, from wherever it was kept; it is checked
 * @throws DetectorStateError `foreign` for another algorithm or version, `damaged` for what is no whole snapshot
 */
export function restoreDetector(snapshot: unknown, options: DetectorOptions = {}): SeriesDetector {
  return methodOf(snapshot).restore(options, snapshot);
}

/**
 * What a detector would know after both parts of a series, where two detectors watched one part each. Associative, and an empty part changes nothing.
 * Equal to one pass or close to it, by method: docs/analysis-anomalies.md says how close.
 *
 * @throws DetectorStateError as `restoreDetector`; `unmergeable` for two methods, or where the later part begins before the earlier one ends
 */
export function mergeSnapshots(earlier: unknown, later: unknown): DetectorSnapshot {
  const found = methodOf(earlier);
  if (found !== methodOf(later))
    throw new DetectorStateError('unmergeable', 'two methods have no state in common');
  return found.merge(earlier, later);
}

interface DetectorMethod {
  readonly name: string;
  readonly create: (options: DetectorOptions) => SeriesDetector;
  readonly restore: (options: DetectorOptions, snapshot: unknown) => SeriesDetector;
  readonly merge: (earlier: unknown, later: unknown) => DetectorSnapshot;
}

function method<State>(
  make: (options: DetectorOptions, state?: State) => SeriesDetector,
  isState: Guard<State>,
  mergeStates: (earlier: State, later: State) => State,
): DetectorMethod {
  const name = make({}).method;
  const stateOf = (snapshot: unknown): State => {
    const state = isSnapshot(snapshot) ? snapshot.state : undefined;
    if (isState(state)) return state;
    throw new DetectorStateError('damaged', `this is no state of ${name}`);
  };
  return {
    name,
    create: (options) => make(options),
    restore: (options, snapshot) => make(options, stateOf(snapshot)),
    merge: (earlier, later) => ({ method: name, state: mergeStates(stateOf(earlier), stateOf(later)) }),
  };
}

function methodOf(snapshot: unknown): DetectorMethod {
  if (!isSnapshot(snapshot))
    throw new DetectorStateError('damaged', 'a snapshot of a detector has a method and a state');
  const found = Object.values<DetectorMethod>(DETECTORS).find(({ name }) => name === snapshot.method);
  if (found === undefined)
    throw new DetectorStateError('foreign', `no detector goes on from a state of ${snapshot.method}`);
  return found;
}

function isSnapshot(value: unknown): value is DetectorSnapshot {
  return typeof value === 'object' && value !== null && 'state' in value && 'method' in value
    ? typeof value.method === 'string'
    : false;
}
