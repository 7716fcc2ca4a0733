/** Minutes east of Greenwich at a wall-clock reading, given as if it were UTC in epoch milliseconds. */
export type TimeZone = (wallClockMs: number) => number;

export const utc: TimeZone = () => 0;

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MAX_CACHED_HOURS = 10_000;

/** Reads `UTC`, `+02:00` or a name such as `Europe/Berlin`; undefined for what is none. */
export function parseTimeZone(text: string): TimeZone | undefined {
  if (text === 'UTC' || text === 'Z') return utc;
  const match = OFFSET.exec(text);
  if (match !== null) {
    const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
    if (minutes > 14 * 60) return undefined;
    return () => (match[1] === '-' ? -minutes : minutes);
  }
  try {
    return namedZone(new Intl.DateTimeFormat('en-US', { timeZone: text, timeZoneName: 'longOffset' }));
  } catch {
    return undefined;
  }
}

function namedZone(format: Intl.DateTimeFormat): TimeZone {
  const cache = new Map<number, number>();
  return (wallClockMs) => {
    const hour = Math.floor(wallClockMs / HOUR_MS);
    const known = cache.get(hour);
    if (known !== undefined) return known;
    // The offset depends on the instant, which depends on the offset: the second look is right but for the hour of a change.
    const first = offsetAt(format, wallClockMs);
    const offset = offsetAt(format, wallClockMs - first * MINUTE_MS);
    if (cache.size >= MAX_CACHED_HOURS) cache.clear();
    cache.set(hour, offset);
    return offset;
  };
}

function offsetAt(format: Intl.DateTimeFormat, epochMs: number): number {
  const name = format.formatToParts(epochMs).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const match = /([+-])(\d\d):(\d\d)/.exec(name);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}
