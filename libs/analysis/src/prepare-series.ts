/** One value of a series at an instant. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/**
 * The points in order of time, without those that are not finite; of several at one instant the median counts. A copy: the input stays as it is.
 */
export function cleanPoints(points: readonly Point[]): Point[] {
  const finite = points.filter((point) => Number.isFinite(point.atMs) && Number.isFinite(point.value));
  finite.sort((one, other) => one.atMs - other.atMs || one.value - other.value);
  const clean: Point[] = [];
  for (let start = 0; start < finite.length;) {
    const first = finite[start];
    if (first === undefined) break;
    let end = start + 1;
    while (finite[end]?.atMs === first.atMs) end += 1;
    clean.push(finite[start + ((end - start - 1) >> 1)] ?? first);
    start = end;
  }
  return clean;
}

const COUNTER_NAME = /(_total|_count|_sum|_bucket)$/;
const MIN_COUNTER_POINTS = 8;
/** A counter that starts again starts near 0. */
const RESET_SHARE = 0.5;

/** True for a series whose name says counter and whose values, but for resets, never fall. */
export function isCounter(metricName: string, points: readonly Point[]): boolean {
  if (!COUNTER_NAME.test(metricName) || points.length < MIN_COUNTER_POINTS) return false;
  let resets = 0;
  let rises = 0;
  for (let index = 1; index < points.length; index += 1) {
    const before = points[index - 1]?.value ?? 0;
    const value = points[index]?.value ?? 0;
    if (value > before) rises += 1;
    if (value >= before) continue;
    if (value > before * RESET_SHARE) return false;
    resets += 1;
  }
  return rises > 0 && resets <= Math.max(1, points.length / 20) && (points[0]?.value ?? 0) >= 0;
}

/** Distances that differ by more than this share of the longer one are not even. */
const UNEVEN_SHARE = 0.25;

/**
 * Increase per second between neighbours; a fall is a reset, after which the counter began at 0. One point fewer than given.
 *
 * Instants of buckets are not those of samples: what comes every 15 seconds lies 10 and 20 seconds apart in buckets of ten. So where
 * distances are uneven, the increase is that over two of them.
 */
export function toRates(points: readonly Point[]): Point[] {
  const rates: Point[] = [];
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before === undefined) return;
    const earlier = points[index - 2];
    const isRising = earlier !== undefined && earlier.value <= before.value && before.value <= point.value;
    const isUneven = isRising && areUneven(point.atMs - before.atMs, before.atMs - earlier.atMs);
    const from = isUneven ? earlier : before;
    const increase = point.value >= from.value ? point.value - from.value : point.value;
    rates.push({ atMs: point.atMs, value: (increase * 1000) / (point.atMs - from.atMs) });
  });
  return rates;
}

function areUneven(one: number, other: number): boolean {
  return Math.abs(one - other) > UNEVEN_SHARE * Math.max(one, other);
}
