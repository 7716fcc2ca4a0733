import { isDigit } from './json-scan';

/** Behind what a canonical timestamp may be. */
const NOT_CANONICAL: i64 = -1;
const DAYS_IN_MONTH: StaticArray<i32> = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Nanoseconds beyond the milliseconds of the timestamp that was read last. */
export let nanosOfTime: i32 = 0;

/**
 * Epoch milliseconds of `2026-01-31T12:00:00.123Z` with 3, 6 or 9 digits; -1 for any other form. As readCanonicalMs in libs/core.
 */
export function canonicalMs(start: usize, end: usize): i64 {
  const length = <i32>(end - start);
  if (length !== 24 && length !== 27 && length !== 30) return NOT_CANONICAL;
  if (!hasMarks(start, end)) return NOT_CANONICAL;
  const year = digits(start, 4);
  const month = digits(start + 5, 2);
  const day = digits(start + 8, 2);
  const hour = digits(start + 11, 2);
  const minute = digits(start + 14, 2);
  const second = digits(start + 17, 2);
  const millis = digits(start + 20, 3);
  const below = digits(start + 23, length - 24);
  if ((year | month | day | hour | minute | second | millis | below) < 0) return NOT_CANONICAL;
  if (year < 1970 || year >= 2262 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month))
    return NOT_CANONICAL;
  if (hour > 23 || minute > 59 || second > 59) return NOT_CANONICAL;
  nanosOfTime = length === 27 ? below * 1000 : below;
  const seconds = <i64>daysSince1970(year, month, day) * 86_400 + (hour * 3600 + minute * 60 + second);
  return seconds * 1000 + millis;
}

function hasMarks(start: usize, end: usize): bool {
  return (
    load<u8>(start, 4) === 45 &&
    load<u8>(start, 7) === 45 &&
    load<u8>(start, 10) === 84 &&
    load<u8>(start, 13) === 58 &&
    load<u8>(start, 16) === 58 &&
    load<u8>(start, 19) === 46 &&
    load<u8>(end - 1) === 90
  );
}

/** Below 0 where a byte is no digit. */
function digits(start: usize, count: i32): i32 {
  let value = 0;
  for (let at = 0; at < count; at++) {
    const byte = load<u8>(start + at);
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - 48);
  }
  return value;
}

function daysIn(year: i32, month: i32): i32 {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && !isLeapYear ? 28 : unchecked(DAYS_IN_MONTH[month - 1]);
}

/** Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
function daysSince1970(year: i32, month: i32, day: i32): i32 {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = marchYear / 400;
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
