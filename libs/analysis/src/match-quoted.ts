import { isWordAt } from './char-class';
import { type Codes, END, codeAt, hasTextAt } from './message-codes';

const MAX_QUOTED_CHARS = 1024;
const DOUBLE = 34;
const BACKSLASH = 92;
const COLON = 58;
const SLASH = 47;
const LESS_THAN = 60;
const MESSAGE_KEYS = ['msg=', 'message='];

/** Index of the last non-space before `index`, at most four back; where there is none that of END. */
function lastBefore(text: Codes, index: number): number {
  let at = index - 1;
  while (index - at < 4 && codeAt(text, at) === 32) at -= 1;
  return at;
}

/**
 * Pairs quotes for one message. Looks at every character at most a few times, however the quotes lie: a search that found no close is remembered.
 */
export class QuoteMatcher {
  private deadUntil: Map<number, number> | undefined;

  constructor(private readonly text: Codes) {}

  /** Index of the closing quote of the quote at `start`, or -1 where it opens nothing (an apostrophe, no close within 1,024 characters of the line). */
  closeOf(start: number, limit: number): number {
    const text = this.text;
    const quote = codeAt(text, start);
    if (isWordAt(text, start - 1) || codeAt(text, start - 1) === BACKSLASH) return -1;
    const dead = this.deadUntil?.get(quote) ?? 0;
    const end = Math.min(limit, start + MAX_QUOTED_CHARS);
    for (let index = Math.max(start + 1, dead); index < end; index += 1) {
      const code = codeAt(text, index);
      if (code === 10) {
        return this.giveUp(quote, index);
      }
      if (code !== quote || codeAt(text, index - 1) === BACKSLASH) continue;
      if (quote === DOUBLE || !isWordAt(text, index + 1)) return index;
    }
    return this.giveUp(quote, Math.max(dead, end));
  }

  private giveUp(quote: number, until: number): -1 {
    this.deadUntil ??= new Map();
    this.deadUntil.set(quote, until);
    return -1;
  }

  /** True where the text between the quotes must stay readable: a JSON key or value, the request line of an access log, or the message itself. */
  isTransparent(start: number, close: number): boolean {
    const text = this.text;
    if (isMessage(text, start)) return true;
    let next = close + 1;
    while (next - close < 4 && codeAt(text, next) === 32) next += 1;
    if (codeAt(text, next) === COLON && codeAt(text, next + 1) !== COLON) return true;
    const colon = lastBefore(text, start);
    if (codeAt(text, colon) === COLON && codeAt(text, lastBefore(text, colon)) === codeAt(text, start))
      return true;
    return isRequestLine(text, start + 1, close);
  }
}

/** A quote with which the message begins (klog's structured lines), or behind `msg=` or `message=` (logfmt): what it holds says what happened. */
function isMessage(text: Codes, start: number): boolean {
  return (
    codeAt(text, start - 1) === END ||
    MESSAGE_KEYS.some(
      (key) => hasTextAt(text, start - key.length, key) && !isWordAt(text, start - key.length - 1),
    )
  );
}

/** An upper-case method of 3 to 8 letters, a space, and a path or a URL (as it is, or masked already). */
function isRequestLine(text: Codes, start: number, end: number): boolean {
  let index = start;
  while (index - start < 9 && index < end && codeAt(text, index) >= 65 && codeAt(text, index) <= 90)
    index += 1;
  if (index - start < 3 || index - start > 8 || codeAt(text, index) !== 32) return false;
  const target = codeAt(text, index + 1);
  return target === SLASH || target === LESS_THAN || hasTextAt(text, index + 1, 'http');
}
