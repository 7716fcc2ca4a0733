import { LETTER, SPACE, classOf, isDigitAt, isWordAt } from './char-class';
import { type Codes, END, codeAt, isOneOf, setOf } from './message-codes';
import { matchIpv4 } from './match-token';

const SLASH = 47;
const BACKSLASH = 92;
const QUERY = 63;
const GREATER = 62;
const TRAILING = setOf('.,;:!?');
const AFTER_TARGET = setOf('"\'<>`|{}[]()');
const MAIL_MARKS = setOf('._+-%');
const PATH_MARKS = setOf('._~-%$@');

export interface CompoundMatch {
  readonly kind: 'url' | 'email' | 'path';
  readonly start: number;
  readonly end: number;
}

/** A URL, e-mail address or path that fills the token [start, end) or its tail. A URL may go on past the token's end, up to white space or a quote. */
export function matchCompound(text: Codes, start: number, end: number): CompoundMatch | undefined {
  let slashes = 0;
  let backslashes = 0;
  let at = -1;
  for (let index = start; index < end; index += 1) {
    const code = codeAt(text, index);
    if (code === SLASH) {
      slashes += 1;
      if (codeAt(text, index - 1) === 58 && codeAt(text, index + 1) === SLASH && index - 2 >= start) {
        return url(text, start, index - 1);
      }
    } else if (code === BACKSLASH) backslashes += 1;
    else if (code === 64) at = index;
  }
  if (at > start && at < end - 1) {
    const email = matchEmail(text, start, at, end);
    if (email !== undefined) return email;
  }
  return matchPath(text, start, end, slashes, backslashes);
}

function url(text: Codes, start: number, colon: number): CompoundMatch | undefined {
  let scheme = colon;
  while (scheme > start && isWordAt(text, scheme - 1)) scheme -= 1;
  if (scheme === colon) return undefined;
  return { kind: 'url', start: scheme, end: trimTail(text, colon + 3, endOfTarget(text, colon + 3)) };
}

/** Index of the white space, quote or bracket that ends a URL, or a path with a query. */
function endOfTarget(text: Codes, start: number): number {
  let end = start;
  for (; ; end += 1) {
    const code = codeAt(text, end);
    if (code === END || (classOf(code) & SPACE) !== 0 || code < 32 || isOneOf(text, end, AFTER_TARGET)) break;
  }
  return end;
}

function trimTail(text: Codes, start: number, end: number): number {
  let tail = end;
  while (tail > start && isOneOf(text, tail - 1, TRAILING)) tail -= 1;
  return tail;
}

function matchEmail(text: Codes, start: number, at: number, end: number): CompoundMatch | undefined {
  let tail = at + 1;
  let dots = 0;
  while (
    tail < end &&
    (isWordAt(text, tail) ||
      codeAt(text, tail) === 45 ||
      (codeAt(text, tail) === 46 && isWordAt(text, tail + 1)))
  ) {
    if (codeAt(text, tail) === 46) dots += 1;
    tail += 1;
  }
  let head = at;
  while (head > start && (isWordAt(text, head - 1) || isOneOf(text, head - 1, MAIL_MARKS))) head -= 1;
  return dots > 0 && head < at ? { kind: 'email', start: head, end: tail } : undefined;
}

function matchPath(
  text: Codes,
  start: number,
  end: number,
  slashes: number,
  backslashes: number,
): CompoundMatch | undefined {
  // What is left of a token after a value in it is no path of its own.
  if (isWordAt(text, start - 1) || (codeAt(text, start - 1) === GREATER && isWordAt(text, start - 2)))
    return undefined;
  const first = codeAt(text, start);
  const isDrive = codeAt(text, start + 1) === 58 && (classOf(first) & LETTER) !== 0 && backslashes > 0;
  const isAbsolute = first === SLASH && (isWordAt(text, start + 1) || isOneOf(text, start + 1, PATH_MARKS));
  const isRelative = slashes > 0 && (first === 46 || first === 126);
  if (isAbsolute && isDigitAt(text, start + 1) && matchIpv4(text, start + 1) >= 0) return undefined;
  const isPlainTree = slashes >= 2 && isWordAt(text, start) && !isDigitAt(text, start);
  if (!isAbsolute && !isDrive && !isRelative && !isPlainTree) return undefined;
  let tail = end;
  // "/src/a.ts:12:5": the position is not a part of the path.
  for (let index = start + 2; index < end; index += 1) {
    if (codeAt(text, index) !== 58) continue;
    tail = index;
    break;
  }
  if (isAbsolute && tail === end && codeAt(text, end) === QUERY) tail = endOfTarget(text, end);
  return { kind: 'path', start, end: Math.max(start + 1, trimTail(text, start, tail)) };
}
