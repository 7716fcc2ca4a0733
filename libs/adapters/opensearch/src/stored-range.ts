import type { TimeRange } from '../../../core/src/common/time-range';

/** The instants that a record's id can have: 1970 to 2262. */
const MAX_INSTANT_MS = 9_223_372_036_854;

/** The part of a range that can hold records. */
export function toStoredRange({ fromMs, toMs }: TimeRange): TimeRange {
  return { fromMs: clamped(fromMs), toMs: clamped(toMs) };
}

function clamped(epochMs: number): number {
  return Math.min(MAX_INSTANT_MS, Math.max(0, epochMs));
}
