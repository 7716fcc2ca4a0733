import { LETTER, SPACE, classAt, classOf, isDigitAt, isWordAt } from './char-class';
import { END, codeAt, isOneOf } from './message-codes';
import { matchIpv4 } from './match-token';
import { EMAIL, NO_KIND, PATH, URL } from './value-kind';

const DOT: i32 = 46;
const DASH: i32 = 45;
const SLASH: i32 = 47;
const COLON: i32 = 58;
const GREATER: i32 = 62;
const QUERY: i32 = 63;
const AT: i32 = 64;
const BACKSLASH: i32 = 92;
const TILDE: i32 = 126;
const TRAILING: string = '.,;:!?';
const AFTER_TARGET: string = '"\'<>`|{}[]()';
const MAIL_MARKS: string = '._+-%';
const PATH_MARKS: string = '._~-%$@';

/** Where a compound was found, and behind it. */
export let compoundStart: i32 = 0;
export let compoundEnd: i32 = 0;

/**
 * A URL, EMAIL address or PATH that fills the token [start, end) or its tail, from `compoundStart` to `compoundEnd`; else NO_KIND. A URL may go on past the
 * token's end, up to white space or a quote.
 */
export function matchCompound(start: i32, end: i32): i32 {
  let slashes = 0;
  let backslashes = 0;
  let at = -1;
  for (let index = start; index < end; index++) {
    const code = codeAt(index);
    if (code === SLASH) {
      slashes++;
      if (codeAt(index - 1) === COLON && codeAt(index + 1) === SLASH && index - 2 >= start)
        return matchUrl(start, index - 1);
    } else if (code === BACKSLASH) backslashes++;
    else if (code === AT) at = index;
  }
  if (at > start && at < end - 1 && matchEmail(start, at, end)) return EMAIL;
  return matchPath(start, end, slashes, backslashes) ? PATH : NO_KIND;
}

function matchUrl(start: i32, colon: i32): i32 {
  let scheme = colon;
  while (scheme > start && isWordAt(scheme - 1)) scheme--;
  if (scheme === colon) return NO_KIND;
  compoundStart = scheme;
  compoundEnd = trimTail(colon + 3, endOfTarget(colon + 3));
  return URL;
}

/** Index of the white space, quote or bracket that ends a URL, or a path with a query. */
function endOfTarget(start: i32): i32 {
  let end = start;
  while (!endsTarget(end)) end++;
  return end;
}

function endsTarget(index: i32): bool {
  const code = codeAt(index);
  return code === END || (classOf(code) & SPACE) !== 0 || code < 32 || isOneOf(index, AFTER_TARGET);
}

function trimTail(start: i32, end: i32): i32 {
  let tail = end;
  while (tail > start && isOneOf(tail - 1, TRAILING)) tail--;
  return tail;
}

function matchEmail(start: i32, at: i32, end: i32): bool {
  let tail = at + 1;
  let dots = 0;
  while (
    tail < end &&
    (isWordAt(tail) || codeAt(tail) === DASH || (codeAt(tail) === DOT && isWordAt(tail + 1)))
  ) {
    if (codeAt(tail) === DOT) dots++;
    tail++;
  }
  let head = at;
  while (head > start && (isWordAt(head - 1) || isOneOf(head - 1, MAIL_MARKS))) head--;
  compoundStart = head;
  compoundEnd = tail;
  return dots > 0 && head < at;
}

function matchPath(start: i32, end: i32, slashes: i32, backslashes: i32): bool {
  // What is left of a token after a value in it is no path of its own.
  if (isWordAt(start - 1) || (codeAt(start - 1) === GREATER && isWordAt(start - 2))) return false;
  const first = codeAt(start);
  const isDrive = codeAt(start + 1) === COLON && (classAt(start) & LETTER) !== 0 && backslashes > 0;
  const isAbsolute = first === SLASH && (isWordAt(start + 1) || isOneOf(start + 1, PATH_MARKS));
  const isRelative = slashes > 0 && (first === DOT || first === TILDE);
  if (isAbsolute && isDigitAt(start + 1) && matchIpv4(start + 1) >= 0) return false;
  const isPlainTree = slashes >= 2 && isWordAt(start) && !isDigitAt(start);
  if (!isAbsolute && !isDrive && !isRelative && !isPlainTree) return false;
  let tail = end;
  // "/src/a.ts:12:5": the position is not a part of the path.
  for (let index = start + 2; index < end; index++) {
    if (codeAt(index) !== COLON) continue;
    tail = index;
    break;
  }
  if (isAbsolute && tail === end && codeAt(end) === QUERY) tail = endOfTarget(end);
  compoundStart = start;
  compoundEnd = max(start + 1, trimTail(start, tail));
  return true;
}
