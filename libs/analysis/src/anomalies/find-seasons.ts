/** A period of a series, in points. */
export interface Season {
  readonly periodPoints: number;
  /** Autocorrelation at the period, 0 to 1. */
  readonly strength: number;
}

const MIN_PERIOD = 4;
const MIN_CYCLES = 3;
const MIN_STRENGTH = 0.3;
/** Values beyond so many mean deviations are drawn in: one spike must not decide. */
const CLIP_DEVIATIONS = 3;
const TREND_FREE_LAG = 1;

/**
 * The periods by which a series repeats itself, strongest first: local maxima of the autocorrelation of its clipped values, each at least 0.3
 * and seen for three cycles; multiples of a period that was found are left out unless they are clearly stronger (a week over its days).
 *
 * @param values finite numbers at equal steps; quadratic in time, so give some thousands at most
 */
export function findSeasons(values: readonly number[], most = 3): readonly Season[] {
  const clean = clip(values);
  const largest = Math.floor(clean.length / MIN_CYCLES);
  if (largest < MIN_PERIOD) return [];
  const correlation = autocorrelation(clean, largest + 1);
  const peaks: Season[] = [];
  for (let lag = MIN_PERIOD; lag <= largest; lag += 1) {
    const own = correlation[lag] ?? 0;
    const isPeak = own >= (correlation[lag - 1] ?? 0) && own > (correlation[lag + 1] ?? 0);
    if (isPeak && own >= MIN_STRENGTH && dipsBefore(correlation, lag, own))
      peaks.push({ periodPoints: lag, strength: own });
  }
  peaks.sort((one, other) => other.strength - one.strength || one.periodPoints - other.periodPoints);
  return withoutMultiples(peaks).slice(0, most);
}

/** A slow drift correlates at every short lag: a season must have come apart in between. */
function dipsBefore(correlation: Float64Array, lag: number, own: number): boolean {
  for (let between = TREND_FREE_LAG; between < lag; between += 1)
    if ((correlation[between] ?? 0) < own - 0.1) return true;
  return false;
}

function withoutMultiples(peaks: readonly Season[]): readonly Season[] {
  const kept: Season[] = [];
  const ascending = [...peaks].sort((one, other) => one.periodPoints - other.periodPoints);
  for (const peak of ascending) {
    const isMultiple = kept.some(({ periodPoints, strength }) => {
      const ratio = peak.periodPoints / periodPoints;
      return (
        Math.abs(ratio - Math.round(ratio)) * periodPoints <= 1 + ratio && peak.strength < strength + 0.1
      );
    });
    if (!isMultiple) kept.push(peak);
  }
  return kept.sort((one, other) => other.strength - one.strength);
}

function clip(values: readonly number[]): Float64Array {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let deviation = 0;
  for (const value of values) deviation += Math.abs(value - mean) / values.length;
  const most = CLIP_DEVIATIONS * deviation;
  return Float64Array.from(values, (value) => Math.max(-most, Math.min(most, value - mean)));
}

function autocorrelation(values: Float64Array, most: number): Float64Array {
  const count = values.length;
  const result = new Float64Array(most + 1);
  let squares = 0;
  for (const value of values) squares += value * value;
  if (!(squares > 0)) return result;
  for (let lag = 1; lag <= most; lag += 1) {
    let total = 0;
    for (let index = lag; index < count; index += 1)
      total += (values[index] as number) * (values[index - lag] as number);
    // Fewer pairs at long lags, so the mean product rather than the sum.
    result[lag] = (total / (count - lag)) * (count / squares);
  }
  return result;
}
