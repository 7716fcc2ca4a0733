export interface LevelShift {
  /** Index of the first value at the new level. */
  readonly index: number;
  readonly before: number;
  readonly after: number;
  /** How much better two levels explain the values than one does: a difference of BIC; above 0 where a shift is likelier than none. */
  readonly evidence: number;
}

/** Which shifts are looked for: by default, all. */
export interface ShiftWanted {
  /** From this index on. */
  readonly fromIndex?: number;
  /** To a higher level only, however much clearer it falls elsewhere. */
  readonly isRise?: boolean;
}

/**
 * The one split of a series into two constant levels with the least squared error, judged by the Bayesian information criterion (the exact
 * solution of binary segmentation with one change point). Linear time.
 *
 * @param values finite numbers in order of time
 * @returns undefined for fewer than three values or constant ones, and where no shift is such as is looked for
 */
export function findLevelShift(
  values: readonly number[],
  { fromIndex = 0, isRise = false }: ShiftWanted = {},
): LevelShift | undefined {
  const count = values.length;
  if (count < 3) return undefined;
  let total = 0;
  for (const value of values) total += value;
  const mean = total / count;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  if (!(squares > 0) || !Number.isFinite(squares)) return undefined;
  let left = 0;
  let best = 0;
  let bestIndex = -1;
  let bestLeft = 0;
  for (let index = 1; index < count; index += 1) {
    left += (values[index - 1] ?? 0) - mean;
    // Below the mean of all values up to here is below that of those that follow.
    if (index < fromIndex || (isRise && left >= 0)) continue;
    // Squared error that the split saves: the between-group sum of squares.
    const saved = (left * left * count) / (index * (count - index));
    if (saved <= best) continue;
    best = saved;
    bestIndex = index;
    bestLeft = left;
  }
  if (bestIndex < 0) return undefined;
  const rest = Math.max(squares - best, squares * 1e-9);
  return {
    index: bestIndex,
    before: mean + bestLeft / bestIndex,
    after: mean - bestLeft / (count - bestIndex),
    // Two more parameters: the second level and the place of the split.
    evidence: count * Math.log(squares / rest) - 2 * Math.log(count),
  };
}
