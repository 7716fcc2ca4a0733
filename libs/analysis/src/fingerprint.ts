import { type Hash64, hash64Of, toHex } from './hash64';
import { type Mark, type MaskedOutput, maskCodes } from './mask-message';
import { type Codes, END, FIRST, codeAt, codesOf, codesOfAscii, hasTextAt } from './message-codes';

/** Only so much masked text tells patterns apart: what differs later in a long line is a payload. */
export const FINGERPRINT_MASKED_CHARS = 512;

const NEWLINE = 10;
const BLANK = 32;
const TRACEBACK = 'Traceback (most recent call last';

/**
 * Stateless name of a message's pattern: a 64-bit hash of its masked text, as 16 hexadecimal characters, the same on every machine.
 * Of the message counts the first non-blank line, of that the first 512 masked characters. A Python traceback, whose first line is always the
 * same, counts by its last line as well.
 */
export function fingerprint(message: string): string {
  return toHex(fingerprintOf(codesOf(message), FIRST + message.length));
}

/** The same of the message that bytes of printable ASCII from `start` to before `end` are, of which there can be one line only. */
export function fingerprintOfPrintable(bytes: Uint8Array, start: number, end: number): Hash64 {
  const text = codesOfAscii(bytes, start, end);
  const textEnd = FIRST + end - start;
  const lineStart = startOfText(text, textEnd);
  return hashOf(text, textEnd, lineStart, endOfText(text, lineStart, textEnd));
}

function fingerprintOf(text: Codes, end: number): Hash64 {
  const start = startOfText(text, end);
  return hashOf(text, end, start, endOfLine(text, start, end));
}

/** By the first line, which is from `start` to before `lineEnd`. */
function hashOf(text: Codes, end: number, start: number, lineEnd: number): Hash64 {
  const isTraceback = hasTextAt(text, start, TRACEBACK);
  const last = isTraceback ? lastLine(text, end) : undefined;
  masked.clear();
  masked.addLine(text, start, lineEnd);
  if (last !== undefined) masked.addLine(text, last.start, last.end);
  return masked.hash();
}

/** The first line with something on it, without white space around it. */
export function firstLineOf(message: string): string {
  const text = codesOf(message);
  const end = FIRST + message.length;
  const start = startOfText(text, end);
  return message.slice(start - FIRST, endOfLine(text, start, end) - FIRST);
}

/** The beginnings of masked lines, as code units: a text made of them would be looked at once only, for its hash. */
class MaskedLines implements MaskedOutput {
  private readonly codes: Codes = new Int32Array(2 * (FINGERPRINT_MASKED_CHARS + 1));
  private used = 0;
  private lineStart = 0;

  /** Of the line that is being masked. */
  get length(): number {
    return this.used - this.lineStart;
  }

  clear(): void {
    this.used = 0;
  }

  /** Sets END before and behind the line, as if the message had no other. */
  addLine(text: Codes, start: number, end: number): void {
    text[start - 1] = END;
    text[end] = END;
    if (this.used > 0) this.codes[this.used++] = NEWLINE;
    this.lineStart = this.used;
    maskCodes(text, start, end, FINGERPRINT_MASKED_CHARS, this);
  }

  keep(text: Codes, start: number, end: number): void {
    const { codes } = this;
    let { used } = this;
    const last = Math.min(end, start + FINGERPRINT_MASKED_CHARS - this.length);
    for (let index = start; index < last; index += 1) codes[used++] = codeAt(text, index);
    this.used = used;
  }

  put({ codes }: Mark): void {
    this.keep(codes, 0, codes.length);
  }

  hash(): Hash64 {
    return hash64Of(this.codes, 0, this.used);
  }
}

/** Of one message at a time. */
const masked = new MaskedLines();

function startOfText(text: Codes, end: number): number {
  let start = FIRST;
  while (start < end && codeAt(text, start) <= BLANK) start += 1;
  return start;
}

function endOfLine(text: Codes, start: number, textEnd: number): number {
  let end = start;
  while (end < textEnd && codeAt(text, end) !== NEWLINE) end += 1;
  return endOfText(text, start, end);
}

/** Without the white space at the end of it. */
function endOfText(text: Codes, start: number, textEnd: number): number {
  let end = textEnd;
  while (end > start && codeAt(text, end - 1) <= BLANK) end -= 1;
  return end;
}

function lastLine(text: Codes, textEnd: number): { readonly start: number; readonly end: number } {
  const end = endOfText(text, FIRST, textEnd);
  let start = end;
  while (start > FIRST && codeAt(text, start - 1) !== NEWLINE) start -= 1;
  while (start < end && /\s/.test(String.fromCharCode(codeAt(text, start)))) start += 1;
  return { start, end };
}
