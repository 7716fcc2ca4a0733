// Statistics of measurements: pure functions.

/** The middle value; the mean of the two middle ones where their number is even. Undefined for none. */
export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest value that so many of a hundred do not exceed (nearest rank). Undefined for none. */
export function percentile(values, percent) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Undefined where there is nothing to divide by. */
export function ratioOf(value, reference) {
  return value === undefined || reference === undefined || reference === 0 ? undefined : value / reference;
}

/** To so many significant digits, whole numbers above them: 48213.7 becomes 48214, 0.81237 becomes 0.812. */
export function significant(value, digits = 3) {
  if (value === undefined || !Number.isFinite(value) || value === 0) return value;
  return Math.abs(value) >= 10 ** (digits - 1) ? Math.round(value) : Number(value.toPrecision(digits));
}

/**
 * What share of the machine others took while we measured.
 * @param machine busy CPU seconds of the whole machine
 * @param own CPU seconds of all processes that belong to the measurement
 * @param capacity CPU seconds that there were: cores times elapsed seconds
 */
export function foreignShare({ machine, own, capacity }) {
  return capacity <= 0 ? 0 : Math.max(0, machine - own) / capacity;
}
