import { DETECTOR_NAMES, type DetectorName } from '../../../analysis/src/anomalies/create-detector';

/** Which departures a question is about. */
export const ANOMALY_DIRECTIONS = ['up', 'down', 'both'] as const;
export type AnomalyDirection = (typeof ANOMALY_DIRECTIONS)[number];

export type AnomalyMethod = DetectorName;
export const ANOMALY_METHODS: readonly AnomalyMethod[] = DETECTOR_NAMES;
export const DEFAULT_ANOMALY_METHOD: AnomalyMethod = 'adaptive';

/** How the values of a series are judged. */
export interface AnomalyQuestion {
  readonly method: AnomalyMethod;
  /**
   * Least deviation, in standard deviations as the method estimates them. Absent: what is usual for the method, which for
   * `adaptive` and others that count none means that the detector alone decides.
   */
  readonly threshold?: number;
  /** Both, unless said otherwise. */
  readonly direction?: AnomalyDirection;
  /** Smaller departures, as a share of the expected value, are none. */
  readonly minRelativeDeviation?: number;
}

const USUAL_SIGMA: Readonly<Partial<Record<AnomalyMethod, number>>> = {
  'robust-z': 3.5,
  'seasonal-baseline': 4,
};

/** Standard deviations that the half width of a method's band stands for, where no threshold is given. */
export function usualSigma(method: AnomalyMethod): number {
  return USUAL_SIGMA[method] ?? 3;
}
