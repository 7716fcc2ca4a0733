import type { TimeRange } from './time-range';

/** The starts (epoch milliseconds) of all buckets that the range touches. Starts are multiples of the width since 1970. */
export function bucketStarts(range: TimeRange, bucketSeconds: number): readonly number[] {
  const widthMs = bucketSeconds * 1000;
  const first = Math.floor(range.fromMs / widthMs) * widthMs;
  const count = Math.max(0, Math.ceil((range.toMs - first) / widthMs));
  return Array.from({ length: range.toMs > range.fromMs ? count : 0 }, (_, index) => first + index * widthMs);
}
