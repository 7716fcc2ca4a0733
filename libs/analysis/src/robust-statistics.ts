/** Order statistics that one outlier cannot move. All of them ignore nothing: give them finite numbers only. */

/** The values in ascending order, in a new array. */
export function sorted(values: readonly number[]): number[] {
  return [...values].sort((one, other) => one - other);
}

/** Quantile of ascending values with linear interpolation (Hyndman and Fan, type 7); NaN of nothing. */
export function quantileOfSorted(ascending: readonly number[], share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const position = (ascending.length - 1) * Math.min(1, Math.max(0, share));
  const index = Math.floor(position);
  const low = ascending[index] ?? Number.NaN;
  const high = ascending[index + 1] ?? low;
  // Not low + (high - low) · x: that overflows for values near ±1e308.
  const rest = position - index;
  return low * (1 - rest) + high * rest;
}

export function median(values: readonly number[]): number {
  return quantileOfSorted(sorted(values), 0.5);
}

export interface RobustScale {
  readonly centre: number;
  /** Comparable to a standard deviation where the values are normal; 0 where most of them are equal. */
  readonly spread: number;
}

/** Factors that make the MAD and the interquartile range estimate the standard deviation of normal values (Rousseeuw and Croux 1993). */
export const MAD_TO_SIGMA = 1.4826;
const IQR_TO_SIGMA = 0.7413;

/** Median, and the larger of the scaled MAD and the scaled interquartile range. */
export function robustScale(values: readonly number[]): RobustScale {
  const ascending = sorted(values);
  const centre = quantileOfSorted(ascending, 0.5);
  const deviation = median(ascending.map((value) => Math.abs(value - centre)));
  const range = quantileOfSorted(ascending, 0.75) - quantileOfSorted(ascending, 0.25);
  return { centre, spread: Math.max(deviation * MAD_TO_SIGMA, range * IQR_TO_SIGMA) };
}
