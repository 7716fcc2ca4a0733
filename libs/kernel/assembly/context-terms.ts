import { copy, put, putNumber } from './byte-output';
import { at, moveTo, peek, skipBytes, skipText, skipTo } from './line-cursor';

const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const COLON: i32 = 0x3a;
const EQUALS: i32 = 0x3d;
const FIRST_OF_NULL: i32 = 0x6e;
const CLOSE: i32 = 0x7d;
const BACKSLASH: i32 = 0x5c;
const LETTER_U: i32 = 0x75;
const ZERO: i32 = 0x30;

/** JSON writes a control character, which is one byte, with six. */
const MOST_BYTES_PER_BYTE: i32 = 6;
/** Of libs/adapters/opensearch/src/context-term.ts. */
const MAX_TERM_VALUE_BYTES: i32 = 256;

/**
 * Reads a flat JSON object behind its opening brace and writes its fields as JSON strings `"key=value",…` (see contextTerm). Keys and values
 * keep the escapes that they have. False where it is no flat object.
 */
export function writeContextTerms(): bool {
  if (peek() === CLOSE) return skipBytes(1);
  let isFirst = true;
  while (peek() === QUOTE) {
    const key = at + 1;
    moveTo(key);
    if (!skipText()) return false;
    const keyEnd = at;
    moveTo(keyEnd + 1);
    if (peek() !== COLON) return false;
    moveTo(keyEnd + 2);
    const isText = peek() === QUOTE;
    if (isText) moveTo(at + 1);
    const value = at;
    if (!(isText ? skipText() : skipTo(COMMA, CLOSE))) return false;
    const end = at;
    if (isText) moveTo(end + 1);
    if ((isText || load<u8>(value) !== FIRST_OF_NULL) && isTermValue(value, end)) {
      if (!isFirst) put(COMMA);
      isFirst = false;
      writeTerm(key, keyEnd, value, end);
    }
    const next = peek();
    moveTo(at + 1);
    if (next === CLOSE) return true;
    if (next !== COMMA) return false;
  }
  return false;
}

function writeTerm(key: usize, keyEnd: usize, value: usize, end: usize): void {
  put(QUOTE);
  const equalsSigns = countEqualsSigns(key, keyEnd);
  if (equalsSigns > 0) {
    put(EQUALS);
    putNumber(equalsSigns);
    put(EQUALS);
  }
  copy(key, keyEnd);
  put(EQUALS);
  copy(value, end);
  put(QUOTE);
}

/** Whether a value is short enough, its escapes counted as what they stand for: JSON in a text has them everywhere. */
function isTermValue(start: usize, end: usize): bool {
  const bytes = <i32>(end - start);
  let tooMany = bytes - MAX_TERM_VALUE_BYTES;
  if (tooMany <= 0) return true;
  if (bytes > MAX_TERM_VALUE_BYTES * MOST_BYTES_PER_BYTE) return false;
  for (let here = start; here < end && tooMany > 0; here++) {
    if (load<u8>(here) !== BACKSLASH) continue;
    here++;
    if (load<u8>(here) !== LETTER_U) tooMany -= 1;
    // Of these, JSON writes control characters so, and halves of surrogate pairs.
    else tooMany -= load<u8>(here, 1) === ZERO && load<u8>(here, 2) === ZERO ? 5 : 3;
  }
  return tooMany <= 0;
}

function countEqualsSigns(start: usize, end: usize): i32 {
  let count = 0;
  for (let here = start; here < end; here++) if (load<u8>(here) === EQUALS) count++;
  return count;
}
