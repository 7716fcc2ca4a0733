import { SPACE, classOf } from './char-class';
import { addToHash, beginHash, endHash } from './hash64';
import { KEPT, PIECE_BYTES, PLACEHOLDER, mask, maskedLength, maskedPieces } from './mask-message';
import {
  BYTES_PER_CODE,
  END,
  codeAt,
  hasTextAt,
  messageLength,
  setCode,
  startOfMessage,
} from './message-codes';
import { markOf } from './value-kind';

/** Only so much masked text tells patterns apart: what differs later in a long line is a payload. */
const MASKED_CHARS: i32 = 512;
/** Of the line that was masked last. */
let pieceCount: i32 = 0;

const NEWLINE: i32 = 10;
const CODES_AT_A_TIME: i32 = 8;
const BLANK: i32 = 32;
const TRACEBACK: string = 'Traceback (most recent call last';

/** Behind the first line of a traceback. */
const LINE_BREAK_CODE: StaticArray<u16> = [10];

/**
 * Names the pattern of the message, as `hexOfHash`. Of it counts the first non-blank line, of that the first 512 masked characters. A Python
 * traceback, whose first line is always the same, counts by its last line as well.
 */
export function fingerprint(): void {
  const end = messageLength();
  const start = startOfText(end);
  const firstEnd = endOfLine(start, end);
  if (hasTextAt(start, TRACEBACK)) {
    const lastEnd = endOfText(0, end);
    const lastStart = startOfLastLine(lastEnd);
    // Masked twice: a hash begins with the length of all.
    const lastLength = maskLine(lastStart, lastEnd);
    beginHash(maskLine(start, firstEnd) + 1 + lastLength);
    hashLine();
    addToHash(changetype<usize>(LINE_BREAK_CODE), 1);
    maskLine(lastStart, lastEnd);
  } else beginHash(maskLine(start, firstEnd));
  hashLine();
  endHash();
}

/** Index of the first character that is not blank. */
export function startOfText(end: i32): i32 {
  let start = 0;
  while (start < end && codeAt(start) <= BLANK) start++;
  return start;
}

/** Of the line that begins at `start`, without the white space at its end. */
export function endOfLine(start: i32, textEnd: i32): i32 {
  return endOfText(start, min(textEnd, indexOfLineBreak(start, textEnd)));
}

/** Eight at a time; perhaps behind the end. */
function indexOfLineBreak(start: i32, end: i32): i32 {
  for (let at = start; at < end; at += CODES_AT_A_TIME) {
    const codes = v128.load(startOfMessage() + at * BYTES_PER_CODE);
    const found = i16x8.bitmask(i16x8.eq(codes, i16x8.splat(<i16>NEWLINE)));
    if (found !== 0) return at + ctz(found);
  }
  return end;
}

function endOfText(start: i32, textEnd: i32): i32 {
  let end = textEnd;
  while (end > start && codeAt(end - 1) <= BLANK) end--;
  return end;
}

function startOfLastLine(end: i32): i32 {
  let start = end;
  while (start > 0 && codeAt(start - 1) !== NEWLINE) start--;
  while (start < end && isSpace(codeAt(start))) start++;
  return start;
}

/** What a regular expression takes for white space. */
function isSpace(code: i32): bool {
  if ((classOf(code) & SPACE) !== 0) return true;
  return (
    code === 0x1680 ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0xfeff
  );
}

/** Masks the beginning of a line, with END before and behind it, as if the message had no other; how long that is. */
function maskLine(start: i32, end: i32): i32 {
  setCode(start - 1, END);
  setCode(end, END);
  pieceCount = mask(start, end, MASKED_CHARS);
  return min(MASKED_CHARS, maskedLength);
}

/** Adds what `maskLine` masked. */
function hashLine(): void {
  let left = MASKED_CHARS;
  let piece = maskedPieces();
  for (let index = 0; index < pieceCount; index++, piece += PIECE_BYTES) {
    const kind = load<i32>(piece);
    if (kind === PLACEHOLDER) continue;
    const start = load<i32>(piece, 4);
    const isKept = kind === KEPT;
    const count = min(left, isKept ? load<i32>(piece, 8) - start : markOf(kind).length);
    addToHash(isKept ? startOfMessage() + start * BYTES_PER_CODE : changetype<usize>(markOf(kind)), count);
    left -= count;
  }
}
