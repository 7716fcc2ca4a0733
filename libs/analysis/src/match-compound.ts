import { LETTER, SPACE, classOf, isDigitAt, isWordAt } from './char-class';
import { matchIpv4 } from './match-token';

const SLASH = 47;
const BACKSLASH = 92;
const QUERY = 63;
const TRAILING = '.,;:!?';

export interface CompoundMatch {
  readonly kind: 'url' | 'email' | 'path';
  readonly start: number;
  readonly end: number;
}

/** A URL, e-mail address or path that fills the token [start, end) or its tail. A URL may go on past the token's end, up to white space or a quote. */
export function matchCompound(text: string, start: number, end: number): CompoundMatch | undefined {
  let slashes = 0;
  let backslashes = 0;
  let at = -1;
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code === SLASH) {
      slashes += 1;
      if (text.charCodeAt(index - 1) === 58 && text.charCodeAt(index + 1) === SLASH && index - 2 >= start) {
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

function url(text: string, start: number, colon: number): CompoundMatch | undefined {
  let scheme = colon;
  while (scheme > start && isWordAt(text, scheme - 1)) scheme -= 1;
  if (scheme === colon) return undefined;
  return { kind: 'url', start: scheme, end: trimTail(text, colon + 3, endOfTarget(text, colon + 3)) };
}

/** Index of the white space, quote or bracket that ends a URL, or a path with a query. */
function endOfTarget(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if ((classOf(code) & SPACE) !== 0 || code < 32 || '"\'<>`|{}[]()'.includes(text.charAt(end))) break;
  }
  return end;
}

function trimTail(text: string, start: number, end: number): number {
  let tail = end;
  while (tail > start && TRAILING.includes(text.charAt(tail - 1))) tail -= 1;
  return tail;
}

function matchEmail(text: string, start: number, at: number, end: number): CompoundMatch | undefined {
  let tail = at + 1;
  let dots = 0;
  while (
    tail < end &&
    (isWordAt(text, tail) ||
      text.charCodeAt(tail) === 45 ||
      (text.charCodeAt(tail) === 46 && isWordAt(text, tail + 1)))
  ) {
    if (text.charCodeAt(tail) === 46) dots += 1;
    tail += 1;
  }
  let head = at;
  while (head > start && (isWordAt(text, head - 1) || '._+-%'.includes(text.charAt(head - 1)))) head -= 1;
  return dots > 0 && head < at ? { kind: 'email', start: head, end: tail } : undefined;
}

function matchPath(
  text: string,
  start: number,
  end: number,
  slashes: number,
  backslashes: number,
): CompoundMatch | undefined {
  // What is left of a token after a value in it is no path of its own.
  if (isWordAt(text, start - 1) || (text.charAt(start - 1) === '>' && isWordAt(text, start - 2)))
    return undefined;
  const first = text.charCodeAt(start);
  const isDrive = text.charCodeAt(start + 1) === 58 && (classOf(first) & LETTER) !== 0 && backslashes > 0;
  const isAbsolute =
    first === SLASH && (isWordAt(text, start + 1) || '._~-%$@'.includes(text.charAt(start + 1) || ' '));
  const isRelative = slashes > 0 && (first === 46 || first === 126);
  if (isAbsolute && isDigitAt(text, start + 1) && matchIpv4(text, start + 1) >= 0) return undefined;
  const isPlainTree = slashes >= 2 && isWordAt(text, start) && !isDigitAt(text, start);
  if (!isAbsolute && !isDrive && !isRelative && !isPlainTree) return undefined;
  let tail = end;
  // "/src/a.ts:12:5": the position is not a part of the path.
  for (let index = start + 2; index < end; index += 1) {
    if (text.charCodeAt(index) !== 58) continue;
    tail = index;
    break;
  }
  if (isAbsolute && tail === end && text.charCodeAt(end) === QUERY) tail = endOfTarget(text, end);
  return { kind: 'path', start, end: Math.max(start + 1, trimTail(text, start, tail)) };
}
