import { isDigitAt, isWordAt } from './char-class';
import { type Codes, FIRST, codeAt, codesOf, hasTextAt, isOneOf, setOf } from './message-codes';

const SPACE = 32;
const COMMA = 44;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const FRACTION_MARKS = setOf('.,');
const ZULU = setOf('Zz');
const SIGNS = setOf('+-');
const BEFORE_CLOCK = setOf('Tt _:-.');

const MONTHS = packedSet('jan feb mar apr may jun jul aug sep oct nov dec');
const WEEKDAYS = packedSet('mon tue wed thu fri sat sun');

function packedSet(words: string): ReadonlySet<number> {
  return new Set(words.split(' ').map((word) => packed(codesOf(word), FIRST)));
}

/** Three ASCII letters of either case as one number: a look-up of each short word must cost no string. */
function packed(text: Codes, index: number): number {
  const first = codeAt(text, index) | 32;
  const second = codeAt(text, index + 1) | 32;
  const third = codeAt(text, index + 2) | 32;
  return (first | second | third) < 128 ? (first << 14) | (second << 7) | third : -1;
}

function digitsFrom(text: Codes, index: number, most: number): number {
  let end = index;
  while (end - index < most && isDigitAt(text, end)) end += 1;
  return isDigitAt(text, end) ? 0 : end - index;
}

/** hh:mm or hh:mm:ss, fraction and zone included; index after it, or -1. */
export function matchClock(text: Codes, start: number): number {
  const hours = digitsFrom(text, start, 2);
  if (hours === 0 || codeAt(text, start + hours) !== COLON) return -1;
  let end = start + hours + 1;
  if (digitsFrom(text, end, 2) !== 2) return -1;
  end += 2;
  let parts = 2;
  if (codeAt(text, end) === COLON && digitsFrom(text, end + 1, 2) === 2) {
    end += 3;
    parts = 3;
    if (isOneOf(text, end, FRACTION_MARKS) && isDigitAt(text, end + 1)) {
      const fraction = digitsFrom(text, end + 1, 9);
      if (fraction > 0) end += 1 + fraction;
    }
  }
  // "host 12:34" of two parts needs two digits each, else "1:20" ratios would be times.
  if (parts === 2 && hours !== 2) return -1;
  end = skipZone(text, end);
  return isWordAt(text, end) || codeAt(text, end) === COLON ? -1 : end;
}

function skipZone(text: Codes, index: number): number {
  if (isOneOf(text, index, ZULU)) return index + 1;
  const sign = codeAt(text, index) === SPACE ? index + 1 : index;
  if (!isOneOf(text, sign, SIGNS)) return index;
  const digits = digitsFrom(text, sign + 1, 4);
  if (digits === 4) return sign + 5;
  if (digits === 2 && codeAt(text, sign + 3) === COLON && digitsFrom(text, sign + 4, 2) === 2)
    return sign + 6;
  return digits === 2 && sign === index ? sign + 3 : index;
}

/** A clock after a date, set off by 'T', '_', ':', '-', '.' or one space; the index after it, or `end` where none follows. */
function withClock(text: Codes, end: number): number {
  if (!isOneOf(text, end, BEFORE_CLOCK)) return end;
  const clock = matchClock(text, end + 1);
  if (clock >= 0) return clock;
  return end;
}

/** yyyy-mm-dd, yyyy/mm/dd, dd/mm/yyyy, dd/Mon/yyyy, with '.' and '-' as well, and a clock after it; index after it, or -1. */
export function matchDate(text: Codes, start: number): number {
  const first = digitsFrom(text, start, 4);
  if (first === 0 || first === 3) return -1;
  const separator = codeAt(text, start + first);
  if (separator !== DASH && separator !== SLASH && separator !== DOT) return -1;
  let end = start + first + 1;
  const monthDigits = digitsFrom(text, end, 2);
  if (monthDigits === 0 && !isMonthAt(text, end)) return -1;
  end += monthDigits === 0 ? 3 : monthDigits;
  if (codeAt(text, end) !== separator) return -1;
  const last = digitsFrom(text, end + 1, first === 4 ? 2 : 4);
  if (last === 0) return -1;
  // One of the outer parts is the year; "1.2.3" is a version, and "10-20-30" a range.
  if (first !== 4 && last !== 4) return -1;
  end += 1 + last;
  const after = withClock(text, end);
  return after === end && isWordAt(text, end) ? -1 : after;
}

function isMonthAt(text: Codes, index: number): boolean {
  return MONTHS.has(packed(text, index)) && !isWordAt(text, index + 3);
}

/** "Jan 12 10:00:00" or "Thu, 12 Jan 2026 10:00:00 GMT", the weekday optional in the first; index after it, or -1. */
export function matchNamedDay(text: Codes, start: number): number {
  if (!WEEKDAYS.has(packed(text, start)) || isWordAt(text, start + 3)) return matchMonthDay(text, start);
  let day = start + 3;
  if (codeAt(text, day) === COMMA) day += 1;
  if (codeAt(text, day) !== SPACE) return -1;
  const month = matchMonthDay(text, day + 1);
  return month >= 0 ? month : matchDayMonth(text, day + 1);
}

/** "12 Jan 2026 10:00:00 GMT" (RFC 9110). */
function matchDayMonth(text: Codes, start: number): number {
  const day = digitsFrom(text, start, 2);
  const month = start + day + 1;
  if (day === 0 || codeAt(text, month - 1) !== SPACE || !isMonthAt(text, month)) return -1;
  if (codeAt(text, month + 3) !== SPACE || digitsFrom(text, month + 4, 4) !== 4) return -1;
  const clock = codeAt(text, month + 8) === SPACE ? matchClock(text, month + 9) : -1;
  return clock >= 0 && hasTextAt(text, clock, ' GMT') && !isWordAt(text, clock + 4) ? clock + 4 : clock;
}

/** Four digits of a year after a clock, as in "10:00:00 2026" or "10:00:00 CEST 2026"; the index after them, or `clock`. */
function withYear(text: Codes, clock: number): number {
  let at = clock;
  if (codeAt(text, at) !== SPACE) return clock;
  at += 1;
  let letters = 0;
  while (letters < 5 && isUpperAt(text, at + letters)) letters += 1;
  if (letters >= 3 && codeAt(text, at + letters) === SPACE) at += letters + 1;
  return digitsFrom(text, at, 4) === 4 && !isWordAt(text, at + 4) ? at + 4 : clock;
}

function isUpperAt(text: Codes, index: number): boolean {
  const code = codeAt(text, index);
  return code >= 65 && code <= 90;
}

/** "Jan 12 10:00:00", with an optional year before or after the clock; index after it, or -1. */
function matchMonthDay(text: Codes, start: number): number {
  if (!isMonthAt(text, start) || codeAt(text, start + 3) !== SPACE) return -1;
  let end = start + 4;
  if (codeAt(text, end) === SPACE) end += 1;
  const day = digitsFrom(text, end, 2);
  if (day === 0) return -1;
  end += day;
  if (codeAt(text, end) === COMMA) end += 1;
  if (codeAt(text, end) === SPACE && digitsFrom(text, end + 1, 4) === 4) end += 5;
  if (codeAt(text, end) !== SPACE) return -1;
  const clock = matchClock(text, end + 1);
  return clock < 0 ? -1 : withYear(text, clock);
}
