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
    line.at++;
    const isText = line.peek() === QUOTE;
    const start = isText ? ++line.at : line.at;
    if (!(isText ? line.skipText() : line.skipTo(COMMA, CLOSE))) return false;
    const end = isText ? line.at++ : line.at;
    const isNull = !isText && line.bytes[start] === FIRST_OF_NULL;
    if (!isNull && end - start <= MAX_TERM_VALUE_BYTES) {
      if (!isFirst) out.put(COMMA);
      isFirst = false;
      out.put(QUOTE);
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
