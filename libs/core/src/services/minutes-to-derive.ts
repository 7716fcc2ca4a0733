import type { TimeRange } from '../common/time-range';

const MINUTE_MS = 60_000;
/** How long records may be late and still count. */
export const LATE_MS = 5 * MINUTE_MS;
/** After an outage, at most so much of it is made up for: a graph an hour old says nothing about now. */
export const CATCH_UP_MS = 60 * MINUTE_MS;

/**
 * The whole minutes whose edges are derived at an instant: the last five, derived before or not, since their records may have
 * come late, and before them what the last run did not reach, up to an hour.
 *
 * @param derivedToMs the end of what the last run derived, where there was one
 */
export function minutesToDerive(nowMs: number, derivedToMs: number | undefined): TimeRange {
  const toMs = startOfMinute(nowMs);
  const fromMs = Math.min(derivedToMs ?? toMs, toMs) - LATE_MS;
  return { fromMs: Math.max(startOfMinute(fromMs), toMs - CATCH_UP_MS), toMs };
}

/** The range in parts of at most so many whole minutes, in order of time; minutes that it only touches belong to it. */
export function splitIntoMinutes(range: TimeRange, minutesPerPart: number): readonly TimeRange[] {
  const parts: TimeRange[] = [];
  const endMs = Math.ceil(range.toMs / MINUTE_MS) * MINUTE_MS;
  const step = minutesPerPart * MINUTE_MS;
  for (let fromMs = startOfMinute(range.fromMs); fromMs < endMs; fromMs += step) {
    parts.push({ fromMs, toMs: Math.min(fromMs + step, endMs) });
  }
  return parts;
}

function startOfMinute(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}
