import { DIGIT, HEX_LETTER, LETTER, classAt, isDigitAt, isHexAt, isWordAt } from './char-class';
import { charOf } from './char-of';
import { codeAt } from './message-codes';
import { DURATION, HEX, ID, IP, NO_KIND, NUM, SIZE } from './value-kind';

/** Matchers for typed values. Each looks at a bounded number of characters, or only at those it returns as matched. */

const DURATION_UNITS: string =
  'ns us µs ms msec msecs s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days ';
const SIZE_UNITS: string =
  'b kb mb gb tb pb kib mib gib tib pib k m g byte bytes bit bits bps kbps mbps gbps ';
const MAX_UNIT_CHARS: i32 = 8;
const MICRO: i32 = 0xb5;
const GREEK_MU: i32 = 0x3bc;
const GREEK_CAPITAL_MU: i32 = 0x39c;
const KELVIN: i32 = 0x212a;

/** Before it, no number that begins behind where one was looked for last is one: what makes it none stands there. */
let noNumberBefore: i32 = 0;

/** To be called before each line. */
export function beginNumbers(): void {
  noNumberBefore = 0;
}

/** Behind what a matcher of more than one kind found. */
export let matchedEnd: i32 = 0;

/** Index after the digits and letters that start at `start`. */
export function endOfWord(start: i32): i32 {
  let end = start;
  while (isWordAt(end)) end++;
  return end;
}

/** Index after the digits that start at `start`. */
export function endOfDigits(start: i32): i32 {
  let end = start;
  while (isDigitAt(end)) end++;
  return end;
}

/** 8-4-4-4-12 hexadecimal digits; index after them, or -1. */
export function matchUuid(start: i32): i32 {
  for (let at = 0; at < 36; at++) {
    const isDash = at === 8 || at === 13 || at === 18 || at === 23;
    if (isDash ? codeAt(start + at) !== 45 : !isHexAt(start + at)) return -1;
  }
  return isWordAt(start + 36) ? -1 : start + 36;
}

/** Dotted IPv4 address with an optional port or prefix length; index after it, or -1. */
export function matchIpv4(start: i32): i32 {
  let end = start;
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (codeAt(end) !== 46) return -1;
      end++;
    }
    let digits = 0;
    while (digits < 4 && isDigitAt(end)) {
      digits++;
      end++;
    }
    if (digits === 0 || digits > 3) return -1;
  }
  if (isWordAt(end) || (codeAt(end) === 46 && isDigitAt(end + 1))) return -1;
  return skipPort(end);
}

function skipPort(index: i32): i32 {
  const mark = codeAt(index);
  if ((mark !== 58 && mark !== 47) || !isDigitAt(index + 1)) return index;
  let end = index + 1;
  while (end - index < 7 && isDigitAt(end)) end++;
  return end - index > 6 || isWordAt(end) ? index : end;
}

/** IPv6 address (IP) or six pairs as in a MAC address (HEX), up to `matchedEnd`; else NO_KIND. */
export function matchColonHex(start: i32): i32 {
  let end = start;
  let groups = 0;
  let pairs = 0;
  let hasGap = false;
  while (groups <= 8 && end - start <= 46) {
    const from = end;
    while (end - from < 5 && isHexAt(end)) end++;
    if (end - from > 4) return NO_KIND;
    if (end > from) groups++;
    if (end - from === 2) pairs++;
    if (codeAt(end) !== 58) break;
    if (codeAt(end + 1) === 58) {
      if (hasGap) return NO_KIND;
      hasGap = true;
      end += 2;
      if (!isHexAt(end)) break;
    } else if (isHexAt(end + 1)) end++;
    else break;
  }
  if (isWordAt(end)) return NO_KIND;
  matchedEnd = end;
  if (groups === 8 || (hasGap && groups >= 1 && groups <= 7)) return IP;
  return groups === 6 && pairs === 6 ? HEX : NO_KIND;
}

/**
 * Digits with dots (also versions), an exponent, and a unit that is written without a space: NUM, DURATION or SIZE, up to `matchedEnd`. NO_KIND where
 * letters follow that are no unit.
 */
export function matchNumber(start: i32): i32 {
  if (start < noNumberBefore) return NO_KIND;
  let end = start;
  let kind = NUM;
  for (;;) {
    end = matchedEnd = endOfDottedDigits(end);
    if ((classAt(end) & LETTER) === 0) return kind;
    const exponent = endOfExponent(end);
    if (exponent >= 0) {
      matchedEnd = exponent;
      return kind;
    }
    let unitEnd = end;
    while (unitEnd - end < MAX_UNIT_CHARS && (classAt(unitEnd) & LETTER) !== 0) unitEnd++;
    // Minutes are written small, megabytes are not.
    const isMega = unitEnd === end + 1 && codeAt(end) === 77;
    const isDuration = !isMega && isUnit(end, unitEnd, DURATION_UNITS);
    if (!isDuration && !isUnit(end, unitEnd, SIZE_UNITS)) return noNumberUpTo(end);
    matchedEnd = unitEnd;
    if (isDuration && isDigitAt(unitEnd)) {
      kind = DURATION;
      end = unitEnd;
      continue;
    }
    if (isWordAt(unitEnd)) return noNumberUpTo(end);
    return isDuration ? DURATION : SIZE;
  }
}

/** Digits are looked at again for each number that might begin with them; what is behind all of them is looked at once. */
function noNumberUpTo(letter: i32): i32 {
  noNumberBefore = letter;
  return NO_KIND;
}

/** Whether this is one of the units, each of which has a space behind it. */
function isUnit(start: i32, end: i32, units: string): bool {
  let index = start;
  for (let at = 0; at < units.length; at++) {
    const char = charOf(units, at);
    if (char === 32) {
      if (index === end) return true;
      index = start;
    } else if (index < end && lowerCaseOf(codeAt(index)) === char) index++;
    else {
      while (charOf(units, at + 1) !== 32) at++;
      at++;
      index = start;
    }
  }
  return false;
}

/** Of letters that units consist of; both ways to write a micro are one. */
function lowerCaseOf(code: i32): i32 {
  if (code >= 65 && code <= 90) return code | 32;
  if (code === GREEK_MU || code === GREEK_CAPITAL_MU) return MICRO;
  return code === KELVIN ? 107 : code;
}

function endOfDottedDigits(start: i32): i32 {
  let end = start;
  while (isDigitAt(end) || (codeAt(end) === 46 && isDigitAt(end + 1))) end++;
  return end;
}

function endOfExponent(start: i32): i32 {
  if ((codeAt(start) | 32) !== 101) return -1;
  const sign = codeAt(start + 1);
  let end = sign === 43 || sign === 45 ? start + 2 : start + 1;
  const digits = end;
  while (end - digits < 5 && isDigitAt(end)) end++;
  return end === digits || isWordAt(end) ? -1 : end;
}

/** Letters, and nothing else of note. */
export const PLAIN_WORD: i32 = 100;
/** Letters with a number after them. */
export const SUFFIXED_WORD: i32 = 101;

/** What a run of digits and letters is: PLAIN_WORD, NUM, HEX (8 or more with a digit, or 16 or more), SUFFIXED_WORD, or ID (both mixed). */
export function kindOfWord(start: i32, end: i32): i32 {
  let digits = 0;
  let isHex = true;
  let turns = 0;
  let wasDigit = false;
  for (let index = start; index < end; index++) {
    const bits = classAt(index);
    const isDigit = (bits & DIGIT) !== 0;
    if (isDigit) digits++;
    else if ((bits & HEX_LETTER) === 0) isHex = false;
    if (index > start && isDigit !== wasDigit) turns++;
    wasDigit = isDigit;
  }
  const length = end - start;
  if (digits === length) return NUM;
  if (isHex && ((digits > 0 && length >= 8) || length >= 16)) return HEX;
  if (digits === 0) return PLAIN_WORD;
  return turns === 1 && wasDigit ? SUFFIXED_WORD : ID;
}
