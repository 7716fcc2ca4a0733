import type { TimeRange } from '../../../core/src/common/time-range';

/** Behind the last instant that a record's id can have: 1970 to 2262. */
const END_OF_INSTANTS_MS = 9_223_372_036_855;

/** The part of a range that can hold records, by whole milliseconds as OpenSearch has them: it refuses fractions of many digits. */
export function toStoredRange({ fromMs, toMs }: TimeRange): TimeRange {
  return { fromMs: storedInstant(fromMs), toMs: storedInstant(toMs) };
}

function storedInstant(epochMs: number): number {
  return Math.min(END_OF_INSTANTS_MS, Math.max(0, Math.ceil(epochMs)));
}
