import type { TimeRange } from '../../../core/src/common/time-range';

/** Behind the last instant that a record's id can have: 1970 to 2262. */
const END_OF_INSTANTS_MS = 9_223_372_036_855;

/** The part of a range that can hold records. */
export function toStoredRange({ fromMs, toMs }: TimeRange): TimeRange {
  return { fromMs: clamped(fromMs), toMs: clamped(toMs) };
}

function clamped(epochMs: number): number {
  return Math.min(END_OF_INSTANTS_MS, Math.max(0, epochMs));
}
