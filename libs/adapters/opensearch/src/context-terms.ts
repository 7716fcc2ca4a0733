import type { ByteWriter } from './byte-writer';
import type { LineReader } from './line-reader';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const FIRST_OF_NULL = 0x6e;
const CLOSE = 0x7d;

/** Longer values are kept, but not searchable: nobody asks for a whole stack trace, and it would fill the index. */
export const MAX_TERM_VALUE_BYTES = 256;

/** How a field of a context is asked for; see writeContextTerms. */
export function contextTerm(key: string, value: string): string {
  return `${key}=${value}`;
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
    const value = readValue(line, ++line.at);
    if (value === undefined) return false;
    if (!value.isNull && value.end - value.start <= MAX_TERM_VALUE_BYTES) {
      if (!isFirst) out.put(COMMA);
      isFirst = false;
      out.put(QUOTE);
      out.write(line.bytes, keyAt, keyEnd);
      out.put(EQUALS);
      out.write(line.bytes, value.start, value.end);
      out.put(QUOTE);
    }
    const next = line.peek();
    line.at++;
    if (next === CLOSE) return true;
    if (next !== COMMA) return false;
  }
  return false;
}

/** Where the text of the value is; the reader stands behind the value. */
function readValue(
  line: LineReader,
  at: number,
): { readonly start: number; readonly end: number; readonly isNull: boolean } | undefined {
  if (line.peek() === QUOTE) {
    line.at++;
    if (!line.skipText()) return undefined;
    return { start: at + 1, end: line.at++, isNull: false };
  }
  if (!line.skipTo(COMMA, CLOSE)) return undefined;
  return { start: at, end: line.at, isNull: line.bytes[at] === FIRST_OF_NULL };
}
