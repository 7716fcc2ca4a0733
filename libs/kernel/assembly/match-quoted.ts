import { isWordAt } from './char-class';
import { END, codeAt, hasTextAt } from './message-codes';

const MAX_QUOTED_CHARS: i32 = 1024;
const DOUBLE: i32 = 34;
const SINGLE: i32 = 39;
const BACKSLASH: i32 = 92;
const COLON: i32 = 58;
const SLASH: i32 = 47;
const LESS_THAN: i32 = 60;

/** By kind of quote, up to where a search found that none closes: what is searched is searched once. */
let deadDoubles: i32 = 0;
let deadSingles: i32 = 0;
let deadBackticks: i32 = 0;

/** To be called before each line: its quotes pair among themselves. */
export function beginQuotes(): void {
  deadDoubles = deadSingles = deadBackticks = 0;
}

function deadUntil(quote: i32): i32 {
  return quote === DOUBLE ? deadDoubles : quote === SINGLE ? deadSingles : deadBackticks;
}

/**
 * Index of the closing quote of the quote at `start`, or -1 where it opens nothing (an apostrophe, no close within 1,024 characters of the line). Looks at
 * every character at most a few times, however the quotes lie.
 */
export function closeOfQuote(start: i32, limit: i32): i32 {
  const quote = codeAt(start);
  if (isWordAt(start - 1) || codeAt(start - 1) === BACKSLASH) return -1;
  const dead = deadUntil(quote);
  const end = min(limit, start + MAX_QUOTED_CHARS);
  for (let index = max(start + 1, dead); index < end; index++) {
    const code = codeAt(index);
    if (code === 10) return giveUp(quote, index);
    if (code !== quote || codeAt(index - 1) === BACKSLASH) continue;
    if (quote === DOUBLE || !isWordAt(index + 1)) return index;
  }
  return giveUp(quote, max(dead, end));
}

function giveUp(quote: i32, until: i32): i32 {
  if (quote === DOUBLE) deadDoubles = until;
  else if (quote === SINGLE) deadSingles = until;
  else deadBackticks = until;
  return -1;
}

/** True where the text between the quotes must stay readable: a JSON key or value, the request line of an access log, or the message itself. */
export function isTransparentQuote(start: i32, close: i32): bool {
  if (isMessage(start)) return true;
  let next = close + 1;
  while (next - close < 4 && codeAt(next) === 32) next++;
  if (codeAt(next) === COLON && codeAt(next + 1) !== COLON) return true;
  const colon = lastBefore(start);
  if (codeAt(colon) === COLON && codeAt(lastBefore(colon)) === codeAt(start)) return true;
  return isRequestLine(start + 1, close);
}

/** Index of the last non-space before `index`, at most four back; where there is none that of END. */
function lastBefore(index: i32): i32 {
  let at = index - 1;
  while (index - at < 4 && codeAt(at) === 32) at--;
  return at;
}

/** A quote with which the message begins (klog's structured lines), or behind `msg=` or `message=` (logfmt): what it holds says what happened. */
function isMessage(start: i32): bool {
  return codeAt(start - 1) === END || isBehindKey(start, 'msg=') || isBehindKey(start, 'message=');
}

function isBehindKey(start: i32, key: string): bool {
  return hasTextAt(start - key.length, key) && !isWordAt(start - key.length - 1);
}

/** An upper-case method of 3 to 8 letters, a space, and a path or a URL (as it is, or masked already). */
function isRequestLine(start: i32, end: i32): bool {
  let index = start;
  while (index - start < 9 && index < end && codeAt(index) >= 65 && codeAt(index) <= 90) index++;
  if (index - start < 3 || index - start > 8 || codeAt(index) !== 32) return false;
  const target = codeAt(index + 1);
  return target === SLASH || target === LESS_THAN || hasTextAt(index + 1, 'http');
}
