import { isDigitAt, isWordAt } from './char-class';
import { BYTES_PER_CODE, codeAt, hasTextAt, isOneOf, startOfMessage } from './message-codes';

const SPACE: i32 = 32;
const COMMA: i32 = 44;
const DASH: i32 = 45;
const DOT: i32 = 46;
const SLASH: i32 = 47;
const COLON: i32 = 58;

/** Of three letters each, one behind the other. */
const MONTHS: string = 'janfebmaraprmayjunjulaugsepoctnovdec';
const WEEKDAYS: string = 'montuewedthufrisatsun';
const LOWER_CASE: u64 = 0x0020_0020_0020;
const THREE_CHARS: u64 = 0xffff_ffff_ffff;

/** Whether one of the names stands at `index`, in either case. */
function isNameAt(index: i32, names: string): bool {
  const wanted = (load<u64>(startOfMessage() + index * BYTES_PER_CODE) | LOWER_CASE) & THREE_CHARS;
  const end = changetype<usize>(names) + names.length * BYTES_PER_CODE;
  for (let name = changetype<usize>(names); name < end; name += 3 * BYTES_PER_CODE)
    if ((load<u64>(name) & THREE_CHARS) === wanted) return true;
  return false;
}

/** How many digits are at `index`; 0 where there are more than `most`. */
function digitsFrom(index: i32, most: i32): i32 {
  let end = index;
  while (end - index < most && isDigitAt(end)) end++;
  return isDigitAt(end) ? 0 : end - index;
}

/** hh:mm or hh:mm:ss, fraction and zone included; index after it, or -1. */
export function matchClock(start: i32): i32 {
  const hours = digitsFrom(start, 2);
  if (hours === 0 || codeAt(start + hours) !== COLON) return -1;
  let end = start + hours + 1;
  if (digitsFrom(end, 2) !== 2) return -1;
  end += 2;
  let parts = 2;
  if (codeAt(end) === COLON && digitsFrom(end + 1, 2) === 2) {
    end += 3;
    parts = 3;
    if (isOneOf(end, '.,') && isDigitAt(end + 1)) {
      const fraction = digitsFrom(end + 1, 9);
      if (fraction > 0) end += 1 + fraction;
    }
  }
  // "host 12:34" of two parts needs two digits each, else "1:20" ratios would be times.
  if (parts === 2 && hours !== 2) return -1;
  end = skipZone(end);
  return isWordAt(end) || codeAt(end) === COLON ? -1 : end;
}

function skipZone(index: i32): i32 {
  if (isOneOf(index, 'Zz')) return index + 1;
  const sign = codeAt(index) === SPACE ? index + 1 : index;
  if (!isOneOf(sign, '+-')) return index;
  const digits = digitsFrom(sign + 1, 4);
  if (digits === 4) return sign + 5;
  if (digits === 2 && codeAt(sign + 3) === COLON && digitsFrom(sign + 4, 2) === 2) return sign + 6;
  return digits === 2 && sign === index ? sign + 3 : index;
}

/** A clock after a date, set off by 'T', '_', ':', '-', '.' or one space; the index after it, or `end` where none follows. */
function withClock(end: i32): i32 {
  if (!isOneOf(end, 'Tt _:-.')) return end;
  const clock = matchClock(end + 1);
  return clock >= 0 ? clock : end;
}

/** yyyy-mm-dd, yyyy/mm/dd, dd/mm/yyyy, dd/Mon/yyyy, with '.' and '-' as well, and a clock after it; index after it, or -1. */
export function matchDate(start: i32): i32 {
  const first = digitsFrom(start, 4);
  if (first === 0 || first === 3) return -1;
  const separator = codeAt(start + first);
  if (separator !== DASH && separator !== SLASH && separator !== DOT) return -1;
  let end = start + first + 1;
  const monthDigits = digitsFrom(end, 2);
  if (monthDigits === 0 && !isMonthAt(end)) return -1;
  end += monthDigits === 0 ? 3 : monthDigits;
  if (codeAt(end) !== separator) return -1;
  const last = digitsFrom(end + 1, first === 4 ? 2 : 4);
  if (last === 0) return -1;
  // One of the outer parts is the year; "1.2.3" is a version, and "10-20-30" a range.
  if (first !== 4 && last !== 4) return -1;
  end += 1 + last;
  const after = withClock(end);
  return after === end && isWordAt(end) ? -1 : after;
}

function isMonthAt(index: i32): bool {
  return isNameAt(index, MONTHS) && !isWordAt(index + 3);
}

/** "Jan 12 10:00:00" or "Thu, 12 Jan 2026 10:00:00 GMT", the weekday optional in the first; index after it, or -1. */
export function matchNamedDay(start: i32): i32 {
  if (!isNameAt(start, WEEKDAYS) || isWordAt(start + 3)) return matchMonthDay(start);
  let day = start + 3;
  if (codeAt(day) === COMMA) day++;
  if (codeAt(day) !== SPACE) return -1;
  const month = matchMonthDay(day + 1);
  return month >= 0 ? month : matchDayMonth(day + 1);
}

/** "12 Jan 2026 10:00:00 GMT" (RFC 9110). */
function matchDayMonth(start: i32): i32 {
  const day = digitsFrom(start, 2);
  const month = start + day + 1;
  if (day === 0 || codeAt(month - 1) !== SPACE || !isMonthAt(month)) return -1;
  if (codeAt(month + 3) !== SPACE || digitsFrom(month + 4, 4) !== 4) return -1;
  const clock = codeAt(month + 8) === SPACE ? matchClock(month + 9) : -1;
  return clock >= 0 && hasTextAt(clock, ' GMT') && !isWordAt(clock + 4) ? clock + 4 : clock;
}

/** Four digits of a year after a clock, as in "10:00:00 2026" or "10:00:00 CEST 2026"; the index after them, or `clock`. */
function withYear(clock: i32): i32 {
  let at = clock;
  if (codeAt(at) !== SPACE) return clock;
  at++;
  let letters = 0;
  while (letters < 5 && isUpperAt(at + letters)) letters++;
  if (letters >= 3 && codeAt(at + letters) === SPACE) at += letters + 1;
  return digitsFrom(at, 4) === 4 && !isWordAt(at + 4) ? at + 4 : clock;
}

function isUpperAt(index: i32): bool {
  const code = codeAt(index);
  return code >= 65 && code <= 90;
}

/** "Jan 12 10:00:00", with an optional year before or after the clock; index after it, or -1. */
function matchMonthDay(start: i32): i32 {
  if (!isMonthAt(start) || codeAt(start + 3) !== SPACE) return -1;
  let end = start + 4;
  if (codeAt(end) === SPACE) end++;
  const day = digitsFrom(end, 2);
  if (day === 0) return -1;
  end += day;
  if (codeAt(end) === COMMA) end++;
  if (codeAt(end) === SPACE && digitsFrom(end + 1, 4) === 4) end += 5;
  if (codeAt(end) !== SPACE) return -1;
  const clock = matchClock(end + 1);
  return clock < 0 ? -1 : withYear(clock);
}
