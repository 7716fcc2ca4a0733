import {
  COMPOUND,
  DELIMITER,
  DIGIT,
  LETTER,
  SPACE,
  classAt,
  classOf,
  isDigitAt,
  isWordAt,
} from './char-class';
import { compoundEnd, compoundStart, matchCompound } from './match-compound';
import { beginQuotes, closeOfQuote, isTransparentQuote } from './match-quoted';
import { matchClock, matchDate, matchNamedDay } from './match-time';
import {
  PLAIN_WORD,
  SUFFIXED_WORD,
  beginNumbers,
  endOfDigits,
  endOfWord,
  kindOfWord,
  matchColonHex,
  matchIpv4,
  matchNumber,
  matchUuid,
  matchedEnd,
} from './match-token';
import { codeAt, hasTextAt, roomBehindMessage } from './message-codes';
import {
  HEX,
  IP,
  LINE_BREAK,
  NO_KIND,
  NUM,
  ONE_SPACE,
  QUOTED,
  TIME,
  UUID,
  VALUE_KINDS,
  markOf,
} from './value-kind';

/** What stays as it is. */
export const KEPT: i32 = 20;
/** A placeholder of the message itself: stands for itself, and is kept with what is around it. */
export const PLACEHOLDER: i32 = 21;
/** Kind, start, and index behind it, 32 bits each. */
export const PIECE_BYTES: i32 = 12;
/** A character that is masked, and what is kept before it. */
const MOST_PIECES_PER_CHAR: i32 = 2;

const LESS_THAN: i32 = 60;
const DASH: i32 = 45;
const PLUS: i32 = 43;
const DOT: i32 = 46;
const SLASH: i32 = 47;
const COLON: i32 = 58;
const LONGEST_PLAIN_WORD: i32 = 16;

/** Of the line that is being masked. */
let lineEnd: i32 = 0;
let at: i32 = 0;
/** Start of the plain text that is not written yet. */
let from: i32 = 0;
let transparentClose: i32 = -1;
/** Of what was masked, in code units. */
export let maskedLength: i32 = 0;
/** Address of the first. */
let pieces: usize = 0;
let pieceCount: i32 = 0;
let mostChars: i32 = 0;

/**
 * Masks what lies from `start` to before `end` in the message, with END before and behind it; see maskMessage in libs/analysis. What becomes of it is in pieces,
 * PIECE_BYTES each, from `maskedPieces` on. Stops once the masked text is `maxChars` long or longer. Returns how many pieces there are.
 */
export function mask(start: i32, end: i32, maxChars: i32): i32 {
  lineEnd = end;
  at = from = start;
  transparentClose = -1;
  maskedLength = 0;
  pieces = roomBehindMessage(MOST_PIECES_PER_CHAR * (min(end - start, maxChars) + 1) * PIECE_BYTES);
  pieceCount = 0;
  mostChars = maxChars;
  beginQuotes();
  beginNumbers();
  while (at < lineEnd && hasRoom()) {
    const code = codeAt(at);
    const bits = classOf(code);
    // Most runs of white space are one space, which stays.
    if (code === 32 && (classAt(at + 1) & SPACE) === 0) at++;
    else if ((bits & SPACE) !== 0) space();
    else if ((bits & DELIMITER) !== 0) delimiter(code);
    else token();
  }
  keep(at);
  return pieceCount;
}

export function maskedPieces(): usize {
  return pieces;
}

/** Whether the masked text is too short yet. A token may be as long as the message: within it, too, this bounds the pieces. */
function hasRoom(): bool {
  return maskedLength + at - from < mostChars;
}

function addPiece(kind: i32, start: i32, end: i32): void {
  const piece = pieces + pieceCount++ * PIECE_BYTES;
  store<i32>(piece, kind);
  store<i32>(piece, start, 4);
  store<i32>(piece, end, 8);
}

/** Up to before `end`. */
function keep(end: i32): void {
  if (end === from) return;
  addPiece(KEPT, from, end);
  maskedLength += end - from;
}

function put(kind: i32, start: i32, end: i32): void {
  keep(start);
  addPiece(kind, start, end);
  maskedLength += markOf(kind).length;
  at = from = end;
}

function space(): void {
  const start = at;
  let end = start;
  let hasBreak = false;
  while ((classAt(end) & SPACE) !== 0) {
    const code = codeAt(end);
    hasBreak = hasBreak || code === 10 || code === 13;
    end++;
  }
  const only = codeAt(start);
  if (end === start + 1 && (only === 32 || only === 10)) at = end;
  else put(hasBreak ? LINE_BREAK : ONE_SPACE, start, end);
}

function delimiter(code: i32): void {
  const start = at;
  at++;
  if (code === LESS_THAN) {
    placeholder(start);
    return;
  }
  if ((code !== 34 && code !== 39 && code !== 96) || start === transparentClose) return;
  const isInside = start < transparentClose;
  const close = closeOfQuote(start, isInside ? transparentClose : lineEnd);
  if (close < 0) return;
  if (!isTransparentQuote(start, close)) put(QUOTED, start, close + 1);
  else if (!isInside) transparentClose = close;
}

function placeholder(start: i32): void {
  for (let kind = 0; kind < VALUE_KINDS; kind++) {
    if (!hasTextAt(start, markOf(kind))) continue;
    at = start + markOf(kind).length;
    addPiece(PLACEHOLDER, start, at);
    return;
  }
}

/** A run without white space and delimiters. Most tokens hold neither a digit nor a slash and are plain. */
function token(): void {
  const start = at;
  let end = start;
  let seen = 0;
  for (; end < lineEnd; end++) {
    const bits = classAt(end);
    if ((bits & (SPACE | DELIMITER)) !== 0) break;
    seen |= bits;
  }
  if ((seen & COMPOUND) !== 0) {
    const kind = matchCompound(start, end);
    if (kind !== NO_KIND) {
      const matchStart = compoundStart;
      const matchEnd = compoundEnd;
      while (at < matchStart && hasRoom()) piece();
      if (at === matchStart) put(kind, matchStart, matchEnd);
      return;
    }
  }
  if ((seen & DIGIT) === 0 && end - start < LONGEST_PLAIN_WORD) {
    const month = end - start === 3 ? matchNamedDay(start) : -1;
    if (month >= 0) put(TIME, start, month);
    else at = end;
    return;
  }
  if (seen === DIGIT) put(NUM, start, end);
  else while (at < end && hasRoom()) piece();
}

/** The next value, word or punctuation mark within a token. */
function piece(): void {
  const start = at;
  const bits = classAt(start);
  if ((bits & (DIGIT | LETTER)) === 0) {
    punctuation(start);
    return;
  }
  if ((bits & DIGIT) !== 0) {
    const digits = endOfDigits(start);
    if (endsNumber(codeAt(digits))) {
      put(NUM, start, digits);
      return;
    }
  }
  const end = endOfWord(start);
  const next = codeAt(end);
  if (end - start === 8 && next === DASH) {
    const uuid = matchUuid(start);
    if (uuid >= 0) {
      put(UUID, start, uuid);
      return;
    }
  }
  if (end - start <= 4 && next === COLON) {
    const kind = matchColonHex(start);
    if (kind !== NO_KIND) {
      put(kind, start, matchedEnd);
      return;
    }
  }
  const kind = kindOfWord(start, end);
  if ((bits & DIGIT) === 0 || kind === HEX || !startsWithDigit(start, start)) word(start, end, kind);
}

function punctuation(start: i32): void {
  const code = codeAt(start);
  at = start + 1;
  const isSign = code === DASH || code === PLUS;
  if (isSign && isDigitAt(at) && !isWordAt(start - 1)) startsWithDigit(start, at);
  else if (code === COLON && codeAt(at) === COLON) {
    const kind = matchColonHex(start);
    if (kind !== NO_KIND) put(kind, start, matchedEnd);
  }
}

/** Values that start with a digit; `start` lies before a sign. False where the digits are part of a word. */
function startsWithDigit(start: i32, digit: i32): bool {
  const time = start === digit ? timeAt(digit) : -1;
  if (time >= 0) {
    put(TIME, start, time);
    return true;
  }
  const ip = matchIpv4(digit);
  if (ip >= 0) {
    put(IP, start, ip);
    return true;
  }
  const kind = matchNumber(digit);
  if (kind === NO_KIND) return false;
  put(kind, start, matchedEnd);
  return true;
}

function timeAt(index: i32): i32 {
  const date = matchDate(index);
  return date >= 0 ? date : matchClock(index);
}

function word(start: i32, end: i32, kind: i32): void {
  const isPrefixed = codeAt(start) === 48 && (codeAt(start + 1) | 32) === 120;
  if (isPrefixed && end - start > 2) put(HEX, start, end);
  else if (kind === PLAIN_WORD) at = end;
  else if (kind !== SUFFIXED_WORD) put(kind, start, end);
  else {
    let digits = end;
    while (isDigitAt(digits - 1)) digits--;
    put(NUM, digits, matchNumber(digits) === NO_KIND ? end : matchedEnd);
  }
}

/** Whether digits before this code unit are a whole number: no letter makes a word or a unit of them, no mark a date, a time, an address or a fraction. */
function endsNumber(code: i32): bool {
  return (classOf(code) & LETTER) === 0 && code !== DASH && code !== DOT && code !== SLASH && code !== COLON;
}
