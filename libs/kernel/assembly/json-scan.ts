/** Scanning JSON as it lies in memory, by address. Behind what is scanned must be 16 bytes that may be read, of which the first is 0. */

import { charsOf, CHARS_AT_A_TIME } from './char-of';

const NEWLINE: u8 = 0x0a;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const MINUS: i32 = 0x2d;
const POINT: i32 = 0x2e;
const ZERO: i32 = 0x30;
const EXPONENT: i32 = 0x65;
const LOWER: i32 = 0x20;
/** So many digits a double keeps, whatever they are. */
const MAX_DIGITS: i32 = 15;

/** What stands for an address where there is none. */
export const NONE: usize = 0;

/** Whether the last string had escapes. */
export let hasEscape: bool = false;

/** Whether skipSpace met one since this was false. */
export let hasLineBreak: bool = false;

export function forgetLineBreak(): void {
  hasLineBreak = false;
}

/** Address of the first byte at or after `at` that is no white space of JSON. */
export function skipSpace(at: usize): usize {
  let end = at;
  for (; isSpace(load<u8>(end)); end++) if (load<u8>(end) === NEWLINE) hasLineBreak = true;
  return end;
}

/** The same within a line. */
export function skipBlanks(at: usize): usize {
  let end = at;
  while (load<u8>(end) !== NEWLINE && isSpace(load<u8>(end))) end++;
  return end;
}

function isSpace(byte: i32): bool {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

/**
 * Address of the quote that closes the string whose opening quote is at `start`; NONE where it is no string of printable ASCII with the escapes
 * that JSON.stringify writes, but for \u.
 */
export function closeOfString(start: usize): usize {
  hasEscape = false;
  if (load<u8>(start) !== QUOTE) return NONE;
  let at = start + 1;
  while (true) {
    at = endOfOrdinary(at);
    const byte = load<u8>(at);
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH || !isEscape(load<u8>(at, 1))) return NONE;
    hasEscape = true;
    at += 2;
  }
}

/** Address of the first byte that does not stand for itself in a string, or is not ASCII: sixteen are looked at together. */
export function endOfOrdinary(start: usize): usize {
  let at = start;
  while (true) {
    const bytes = v128.load(at);
    const others = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      i8x16.gt_u(i8x16.sub(bytes, i8x16.splat(0x20)), i8x16.splat(0x5e)),
    );
    const mask = i8x16.bitmask(others);
    if (mask !== 0) return at + ctz(mask);
    at += 16;
  }
}

function isEscape(byte: i32): bool {
  return unescape(byte) !== 0;
}

/** What a letter behind a backslash stands for; 0 for those that JSON.stringify does not write. */
export function unescape(letter: i32): i32 {
  switch (letter) {
    case 0x6e:
      return 0x0a;
    case 0x74:
      return 0x09;
    case 0x72:
      return 0x0d;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case QUOTE:
    case BACKSLASH:
      return letter;
    default:
      return 0;
  }
}

/** Address behind a number that JSON.stringify would surely write in the same way (few digits, nothing superfluous, not small); else NONE. */
export function endOfCanonicalNumber(start: usize): usize {
  const isNegative = load<u8>(start) === MINUS;
  const first = isNegative ? start + 1 : start;
  const point = endOfDigits(first);
  if (point === first || (load<u8>(first) === ZERO && point > first + 1)) return NONE;
  let end = point;
  if (load<u8>(point) === POINT) {
    end = endOfDigits(point + 1);
    const isSmall = load<u8>(first) === ZERO && load<u8>(point, 1) === ZERO;
    if (end === point + 1 || isSmall || load<u8>(end - 1) === ZERO) return NONE;
  } else if (isNegative && load<u8>(first) === ZERO) return NONE;
  if (<i32>(end - first) > MAX_DIGITS) return NONE;
  return (load<u8>(end) | LOWER) === EXPONENT ? NONE : end;
}

export function endOfDigits(at: usize): usize {
  let end = at;
  while (isDigit(load<u8>(end))) end++;
  return end;
}

export function isDigit(byte: i32): bool {
  return <u32>(byte - ZERO) < 10;
}

/** Whether these bytes are that text, of ASCII: eight are looked at together. */
export function isText(text: string, start: usize, end: usize): bool {
  const length = text.length;
  if (<i32>(end - start) !== length) return false;
  for (let index = 0; index < length; index += CHARS_AT_A_TIME) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load64_zero(start + index));
    const others = ~i16x8.bitmask(i16x8.eq(bytes, charsOf(text, index)));
    const rest = min(length - index, CHARS_AT_A_TIME);
    if ((others & ((1 << rest) - 1)) !== 0) return false;
  }
  return true;
}
