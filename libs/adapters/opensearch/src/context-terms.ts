import type { ByteWriter } from './byte-writer';
import type { LineReader } from './line-reader';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const FIRST_OF_NULL = 0x6e;
const CLOSE = 0x7d;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ZERO = 0x30;

/** JSON writes a control character, which is one byte, with six. */
const MOST_BYTES_PER_BYTE = 6;

/** Longer values are kept, but not searchable: nobody asks for a whole stack trace, and it would fill the index. */
export const MAX_TERM_VALUE_BYTES = 256;

/**
 * How a field of a context is asked for; see writeContextTerms. Where the key has equals signs, the term begins with one and with
 * how many: `a=b` with the value `c` must not be what `a` with the value `b=c` is. No key is empty.
 */
export function contextTerm(key: string, value: string): string {
  const equalsSigns = key.split('=').length - 1;
  return equalsSigns === 0 ? `${key}=${value}` : `=${equalsSigns}=${key}=${value}`;
}

/**
 * Reads a flat JSON object behind its opening brace and writes its fields as JSON strings `"key=value",…`. Keys and values
 * keep the escapes that they have. False where it is no flat object.
 */
export function writeContextTerms(line: LineReader, out: ByteWriter): boolean {
  if (line.peek() === CLOSE) return line.skipBytes(1);
  for (let isFirst = true; line.peek() === QUOTE;) {
    const keyAt = ++line.at;
    if (!line.skipText()) return false;
    const keyEnd = line.at++;
    if (line.peek() !== COLON) return false;
    line.at++;
    const isText = line.peek() === QUOTE;
    const start = isText ? ++line.at : line.at;
    if (!(isText ? line.skipText() : line.skipTo(COMMA, CLOSE))) return false;
    const end = isText ? line.at++ : line.at;
    const isNull = !isText && line.bytes[start] === FIRST_OF_NULL;
    if (!isNull && isTermValue(line.bytes, start, end)) {
      if (!isFirst) out.put(COMMA);
      isFirst = false;
      out.put(QUOTE);
      const equalsSigns = countEqualsSigns(line.bytes, keyAt, keyEnd);
      if (equalsSigns > 0) {
        out.put(EQUALS);
        out.text(String(equalsSigns));
        out.put(EQUALS);
      }
      out.write(line.view, keyAt, keyEnd);
      out.put(EQUALS);
      out.write(line.view, start, end);
      out.put(QUOTE);
    }
    const next = line.peek();
    line.at++;
    if (next === CLOSE) return true;
    if (next !== COMMA) return false;
  }
  return false;
}

/** Whether a value is short enough, its escapes counted as what they stand for: JSON in a text has them everywhere. */
function isTermValue(bytes: Uint8Array, start: number, end: number): boolean {
  let tooMany = end - start - MAX_TERM_VALUE_BYTES;
  if (tooMany <= 0) return true;
  if (end - start > MAX_TERM_VALUE_BYTES * MOST_BYTES_PER_BYTE) return false;
  for (let at = start; at < end && tooMany > 0; at++) {
    if (bytes[at] !== BACKSLASH) continue;
    at++;
    if (bytes[at] !== LETTER_U) tooMany -= 1;
    // Of these, JSON writes control characters so, and halves of surrogate pairs.
    else tooMany -= bytes[at + 1] === ZERO && bytes[at + 2] === ZERO ? 5 : 3;
  }
  return tooMany <= 0;
}

function countEqualsSigns(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (bytes[at] === EQUALS) count++;
  return count;
}
