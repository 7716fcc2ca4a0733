import { AdaptiveDetector } from './adaptive-detector';
import type { DeviationLimits, SeriesDetector } from './anomaly';
import { FlatLineDetector } from './flat-line-detector';
import { IsolationForestDetector } from './isolation-forest-detector';
import { LevelShiftDetector } from './level-shift-detector';
import { RobustZDetector } from './robust-z-detector';
import { SeasonalBaselineDetector } from './seasonal-baseline-detector';
import { ZScoreDetector } from './z-score-detector';

export interface DetectorOptions extends DeviationLimits {
  /** Deviations that make an anomaly, for the methods that count them. */
  readonly sigma?: number;
}

const DETECTORS = {
  adaptive: (options: DetectorOptions) => new AdaptiveDetector(options),
  'z-score': (options: DetectorOptions) => new ZScoreDetector(options),
  'robust-z': (options: DetectorOptions) => new RobustZDetector(options),
  'isolation-forest': (options: DetectorOptions) => new IsolationForestDetector(options),
  'seasonal-baseline': (options: DetectorOptions) => new SeasonalBaselineDetector(options),
  'level-shift': (options: DetectorOptions) => new LevelShiftDetector(options),
  'flat-line': () => new FlatLineDetector(),
} as const satisfies Record<string, (options: DetectorOptions) => SeriesDetector>;

export type DetectorName = keyof typeof DETECTORS;

export const DETECTOR_NAMES = Object.keys(DETECTORS) as readonly DetectorName[];

/** A fresh detector for one series. */
export function createDetector(name: DetectorName, options: DetectorOptions = {}): SeriesDetector {
  return DETECTORS[name](options);
}
