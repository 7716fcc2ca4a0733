import { AdaptiveDetector, isAdaptiveState } from './adaptive-detector';
import type { DeviationLimits, SeriesDetector } from './anomaly';
import { DetectorStateError } from './detector-snapshot';
import { FlatLineDetector, isFlatLineState } from './flat-line-detector';
import { IsolationForestDetector, isIsolationForestDetectorState } from './isolation-forest-detector';
import { isLevelShiftState, LevelShiftDetector } from './level-shift-detector';
import { isRobustZState, RobustZDetector } from './robust-z-detector';
import { isSeasonalBaselineState, SeasonalBaselineDetector } from './seasonal-baseline-detector';
import type { Guard } from './state-guard';
import { isZScoreState, ZScoreDetector } from './z-score-detector';

export interface DetectorOptions extends DeviationLimits {
  /** Deviations that make an anomaly, for the methods that count them. */
  readonly sigma?: number;
}

const DETECTORS = {
  adaptive: method((...given) => new AdaptiveDetector(...given), isAdaptiveState),
  'z-score': method((...given) => new ZScoreDetector(...given), isZScoreState),
  'robust-z': method((...given) => new RobustZDetector(...given), isRobustZState),
  'isolation-forest': method(
    (...given) => new IsolationForestDetector(...given),
    isIsolationForestDetectorState,
  ),
  'seasonal-baseline': method((...given) => new SeasonalBaselineDetector(...given), isSeasonalBaselineState),
  'level-shift': method((...given) => new LevelShiftDetector(...given), isLevelShiftState),
  'flat-line': method((_, state) => new FlatLineDetector({}, state), isFlatLineState),
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
  if (!isSnapshot(snapshot))
    throw new DetectorStateError('damaged', 'a snapshot of a detector has a method and a state');
  for (const { create, restore } of Object.values<DetectorMethod>(DETECTORS)) {
    if (create({}).method !== snapshot.method) continue;
    const detector = restore(options, snapshot.state);
    if (detector === undefined)
      throw new DetectorStateError('damaged', `this is no state of ${snapshot.method}`);
    return detector;
  }
  throw new DetectorStateError('foreign', `no detector goes on from a state of ${snapshot.method}`);
}

interface DetectorMethod {
  readonly create: (options: DetectorOptions) => SeriesDetector;
  /** Undefined where the state is none of this method's. */
  readonly restore: (options: DetectorOptions, state: unknown) => SeriesDetector | undefined;
}

function method<State>(
  make: (options: DetectorOptions, state?: State) => SeriesDetector,
  isState: Guard<State>,
): DetectorMethod {
  return {
    create: (options) => make(options),
    restore: (options, state) => (isState(state) ? make(options, state) : undefined),
  };
}

function isSnapshot(value: unknown): value is { readonly method: string; readonly state: unknown } {
  return typeof value === 'object' && value !== null && 'state' in value && 'method' in value
    ? typeof value.method === 'string'
    : false;
}
