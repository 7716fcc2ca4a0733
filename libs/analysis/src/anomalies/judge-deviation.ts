import {
  ANOMALY_SCORE,
  type DeviationLimits,
  type PointJudgement,
  formatValue,
  isLargeDeviation,
} from './anomaly';

export interface DeviationInput {
  readonly atMs: number;
  readonly value: number;
  readonly expected: number;
  /** Comparable to a standard deviation; 0 where the series never moved. */
  readonly spread: number;
  /** So many spreads from the expected value are an anomaly. */
  readonly sigma: number;
  readonly method: string;
  /** What the expectation is made of, for the sentence: "the mean of 120 points". */
  readonly basis: string;
  readonly limits: DeviationLimits;
}

/**
 * Judges a value by its distance from an expected one in units of a spread: z / (z + sigma), which is 0.5 at sigma. Of a series
 * that never moved, any other value is an anomaly with score 1.
 */
export function judgeDeviation(input: DeviationInput): PointJudgement {
  const { atMs, value, expected, spread, sigma, method } = input;
  const deviation = Math.abs(value - expected);
  const z = spread > 0 ? deviation / spread : deviation > 0 ? Infinity : 0;
  const raw = z === Infinity ? 1 : z / (z + sigma);
  const isLarge = isLargeDeviation(value, expected, input.limits);
  const isAnomaly = raw >= ANOMALY_SCORE && isLarge;
  const direction = deviation === 0 ? 'none' : value > expected ? 'up' : 'down';
  return {
    atMs,
    value,
    state: isAnomaly ? 'anomalous' : 'normal',
    score: isLarge ? raw : Math.min(raw, ANOMALY_SCORE * 0.99),
    band: { expected, low: expected - sigma * spread, high: expected + sigma * spread },
    direction,
    method,
    why: isAnomaly ? describe(input, z) : '',
  };
}

function describe({ value, expected, basis }: DeviationInput, z: number): string {
  const side = value > expected ? 'above' : 'below';
  const distance = z === Infinity ? 'which never moved before' : `${z.toFixed(1)} deviations away`;
  return `${formatValue(value)} is ${side} ${formatValue(expected)}, ${basis}, ${distance}`;
}
