/** An instant with the precision its source gave. */
export interface Instant {
  /** ISO 8601 in UTC with 3, 6 or 9 fractional digits: the fewest that keep what was given. */
  readonly timestamp: string;
  readonly epochMs: number;
  /** Nanoseconds beyond `epochMs`: 0 to 999,999. */
  readonly nanos: number;
}

/** Why a given value is no usable instant. */
export type TimestampProblem = 'unreadable' | 'before 1970' | 'after 2262';

/** 2262-04-11T23:47:16.854Z, the last whole millisecond that a signed 64-bit count of nanoseconds holds. */
export const MAX_EPOCH_MS = 9_223_372_036_854;

/** Date, time and zone; seconds, fraction and zone may be missing, and a missing zone is UTC. */
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,40}))?)? ?(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/;
const DECIMAL = /^(-?)(\d{1,25})(?:\.(\d{1,40}))?$/;
const DAYS_IN_MONTH: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads ISO 8601 with any offset and any number of fractional digits (nine are kept), and counts since 1970 as numbers
 * or numeric text, whose unit follows from their size: seconds below 10^11, then milliseconds below 10^14, then
 * microseconds below 10^17, then nanoseconds. Leap seconds become the second after.
 */
export function parseTimestamp(input: unknown): Instant | TimestampProblem {
  if (typeof input === 'number') return fromDecimal(String(input));
  if (typeof input !== 'string' || input.length > 64) return 'unreadable';
  const canonical = readCanonical(input);
  if (canonical !== undefined) return canonical;
  const text = input.trim();
  const match = ISO.exec(text);
  return match === null ? fromDecimal(text) : fromIso(match);
}

function readCanonical(text: string): Instant | undefined {
  const { length } = text;
  if (length > CANONICAL.length) return undefined;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return undefined;
    CANONICAL[at] = code;
  }
  const epochMs = readCanonicalMs(CANONICAL, 0, length);
  if (epochMs === undefined) return undefined;
  return { timestamp: text, epochMs, nanos: readCanonicalNanos(CANONICAL, 0, length) };
}

/** Of the text that is being read. */
const CANONICAL = new Uint8Array(30);

/**
 * Epoch milliseconds of `2026-01-31T12:00:00.123Z` with 3, 6 or 9 digits in bytes of ASCII, without a pattern: nearly all input has this form.
 * Undefined for any other.
 */
export function readCanonicalMs(bytes: Uint8Array, start: number, end: number): number | undefined {
  const length = end - start;
  if (length !== 24 && length !== 27 && length !== 30) return undefined;
  if (!hasCanonicalMarks(bytes, start, length)) return undefined;
  const year = digits(bytes, start, start + 4);
  const month = digits(bytes, start + 5, start + 7);
  const day = digits(bytes, start + 8, start + 10);
  const hour = digits(bytes, start + 11, start + 13);
  const minute = digits(bytes, start + 14, start + 16);
  const second = digits(bytes, start + 17, start + 19);
  const millis = digits(bytes, start + 20, start + 23);
  const below = digits(bytes, start + 23, end - 1);
  const isSure =
    year >= 1970 && year < 2262 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!isSure || hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;
  if (second < 0 || second > 59 || millis < 0 || below < 0) return undefined;
  const seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  return seconds * 1000 + millis;
}

/** Nanoseconds beyond the milliseconds of what readCanonicalMs reads. */
function readCanonicalNanos(bytes: Uint8Array, start: number, end: number): number {
  return digits(bytes, start + 23, end - 1) * (end - start === 27 ? 1000 : 1);
}

function hasCanonicalMarks(bytes: Uint8Array, start: number, length: number): boolean {
  return (
    bytes[start + 4] === 45 &&
    bytes[start + 7] === 45 &&
    bytes[start + 10] === 84 &&
    bytes[start + 13] === 58 &&
    bytes[start + 16] === 58 &&
    bytes[start + 19] === 46 &&
    bytes[start + length - 1] === 90
  );
}

/** Below 0 where a byte is no digit. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function fromIso(match: RegExpExecArray): Instant | TimestampProblem {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60) return 'unreadable';
  const offsetMinutes = parseOffset(match[8]);
  if (offsetMinutes === undefined) return 'unreadable';
  if (year < 1969) return 'before 1970';
  const seconds = Date.UTC(year, month - 1, day, hour, minute - offsetMinutes, second) / 1000;
  return toInstant(seconds, match[7] ?? '');
}

/** Days of a month from 1 to 12; 0 for any other. */
function daysIn(year: number, month: number): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && !isLeapYear ? 28 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

/** Minutes east of UTC. */
function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined || !(text.startsWith('+') || text.startsWith('-'))) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(':', ''));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** Decimal text, so that counts which a double cannot hold keep their nanoseconds. */
function fromDecimal(text: string): Instant | TimestampProblem {
  const match = DECIMAL.exec(text);
  if (match === null) return /^-?\d+(\.\d+)?e\+?\d+$/.test(text) ? 'after 2262' : 'unreadable';
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = match[3] ?? '';
  if (match[1] === '-' && /[1-9]/.test(whole + fraction)) return 'before 1970';
  const digitsBelowSecond = whole.length <= 11 ? 0 : whole.length <= 14 ? 3 : whole.length <= 17 ? 6 : 9;
  const at = whole.length - digitsBelowSecond;
  return toInstant(Number(whole.slice(0, at)), whole.slice(at) + fraction);
}

function toInstant(seconds: number, fraction: string): Instant | TimestampProblem {
  const kept = fraction.length > 9 ? fraction.slice(0, 9) : fraction;
  const precision = kept.length <= 3 ? 3 : kept.length <= 6 ? 6 : 9;
  const padded = kept.padEnd(9, '0');
  const epochMs = seconds * 1000 + Number(padded.slice(0, 3));
  if (!(epochMs >= 0)) return 'before 1970';
  if (epochMs >= MAX_EPOCH_MS) return 'after 2262';
  const iso = new Date(epochMs).toISOString();
  return {
    timestamp: precision === 3 ? iso : `${iso.slice(0, 23)}${padded.slice(3, precision)}Z`,
    epochMs,
    nanos: Number(padded.slice(3)),
  };
}
