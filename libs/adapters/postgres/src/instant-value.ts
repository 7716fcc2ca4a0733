import { toIso } from '../../../core/src/common/time-range';

const YEAR_1_MS = -62_135_596_800_000;
const YEAR_9999_MS = 253_402_300_799_999;

/** Epoch milliseconds as a value for timestamptz. Instants beyond the years 1 to 9999 become the ends of these. */
export function instantValue(epochMs: number): string {
  return toIso(Math.min(Math.max(epochMs, YEAR_1_MS), YEAR_9999_MS));
}
