import { toIso } from '../common/time-range';
import { type Instant, parseTimestamp } from '../logs/parse-timestamp';
import type { NormaliseContext } from './normalised';

/** `original` is what was given, where that could not be used. */
export type ResolvedInstant = Instant & { readonly original?: unknown };

/** The given instant where it is usable, else the time of arrival; what was given and unusable is noted. */
export function resolveTimestamp(
  given: unknown,
  context: Pick<NormaliseContext, 'receivedAtMs' | 'limits'>,
  notes: string[],
): ResolvedInstant {
  const { receivedAtMs, limits } = context;
  if (given === undefined || given === null || given === '') return arrival(receivedAtMs);
  const parsed = parseTimestamp(given);
  if (typeof parsed === 'object' && parsed.epochMs <= receivedAtMs + limits.maxFutureMs) return parsed;
  const problem = typeof parsed === 'object' ? 'too far in the future' : parsed;
  notes.push(`timestamp: ${problem}; the time of arrival was used`);
  return { ...arrival(receivedAtMs), original: given };
}

function arrival(receivedAtMs: number): Instant {
  return {
    timestamp: toIso(receivedAtMs),
    epochMs: receivedAtMs,
    nanos: 0,
  };
}
