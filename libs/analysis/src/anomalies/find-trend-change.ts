export interface TrendChange {
  /** Index of the first value on the new line. */
  readonly index: number;
  /** Per point. */
  readonly slopeBefore: number;
  readonly slopeAfter: number;
  /** How much better two lines explain the values than one does: a difference of BIC; above 0 where a change is likelier than none. */
  readonly evidence: number;
}

const MIN_SEGMENT = 4;

/**
 * The one split of a series into two straight lines with the least squared error, judged by the Bayesian information criterion. Linear time by
 * prefix sums.
 *
 * @param values finite numbers at equal steps
 * @returns undefined for fewer than eight values or where no line leaves an error
 */
export function findTrendChange(values: readonly number[]): TrendChange | undefined {
  const count = values.length;
  if (count < 2 * MIN_SEGMENT) return undefined;
  let mean = 0;
  for (const value of values) mean += value / count;
  const sums = prefixSums(values, mean);
  const one = lineError(sums, 0, count);
  if (!(one.error > 0) || !Number.isFinite(one.error)) return undefined;
  let best: { index: number; error: number; before: number; after: number } | undefined;
  for (let index = MIN_SEGMENT; index <= count - MIN_SEGMENT; index += 1) {
    const left = lineError(sums, 0, index);
    const right = lineError(sums, index, count);
    const error = left.error + right.error;
    if (best === undefined || error < best.error)
      best = { index, error, before: left.slope, after: right.slope };
  }
  if (best === undefined) return undefined;
  const rest = Math.max(best.error, one.error * 1e-9);
  return {
    index: best.index,
    slopeBefore: best.before,
    slopeAfter: best.after,
    // Three more parameters: the second line's two and the place of the split.
    evidence: count * Math.log(one.error / rest) - 3 * Math.log(count),
  };
}

interface PrefixSums {
  readonly y: Float64Array;
  readonly xy: Float64Array;
  readonly yy: Float64Array;
}

function prefixSums(values: readonly number[], mean: number): PrefixSums {
  const y = new Float64Array(values.length + 1);
  const xy = new Float64Array(values.length + 1);
  const yy = new Float64Array(values.length + 1);
  values.forEach((value, index) => {
    const centred = value - mean;
    y[index + 1] = (y[index] ?? 0) + centred;
    xy[index + 1] = (xy[index] ?? 0) + index * centred;
    yy[index + 1] = (yy[index] ?? 0) + centred * centred;
  });
  return { y, xy, yy };
}

/** Squared error and slope of the least-squares line over [from, to). */
function lineError(sums: PrefixSums, from: number, to: number): { error: number; slope: number } {
  const count = to - from;
  const between = (sum: Float64Array): number => (sum[to] ?? 0) - (sum[from] ?? 0);
  const meanX = (from + to - 1) / 2;
  const spreadX = (count * (count * count - 1)) / 12;
  const sumY = between(sums.y);
  const covariance = between(sums.xy) - meanX * sumY;
  const spreadY = between(sums.yy) - (sumY * sumY) / count;
  const slope = spreadX > 0 ? covariance / spreadX : 0;
  return { error: Math.max(0, spreadY - slope * covariance), slope };
}
