import { isWordAt } from './char-class';

const MAX_QUOTED_CHARS = 1024;
const DOUBLE = 34;
const BACKSLASH = 92;
const COLON = 58;
const MESSAGE_KEYS = ['msg=', 'message='];

/** Index of the last non-space before `index`, at most four back; -1 where there is none. */
function lastBefore(text: string, index: number): number {
  let at = index - 1;
  while (at >= 0 && index - at < 4 && text.charCodeAt(at) === 32) at -= 1;
  return at;
}

/**
 * Pairs quotes for one message. Looks at every character at most a few times, however the quotes lie: a search that found no close is remembered.
 */
export class QuoteMatcher {
  private deadUntil: Map<number, number> | undefined;

  constructor(private readonly text: string) {}

  /** Index of the closing quote of the quote at `start`, or -1 where it opens nothing (an apostrophe, no close within 1,024 characters of the line). */
  closeOf(start: number, limit: number): number {
    const text = this.text;
    const quote = text.charCodeAt(start);
    if (isWordAt(text, start - 1) || text.charCodeAt(start - 1) === BACKSLASH) return -1;
    const dead = this.deadUntil?.get(quote) ?? 0;
    const end = Math.min(limit, start + MAX_QUOTED_CHARS);
    for (let index = Math.max(start + 1, dead); index < end; index += 1) {
      const code = text.charCodeAt(index);
      if (code === 10) {
        return this.giveUp(quote, index);
      }
      if (code !== quote || text.charCodeAt(index - 1) === BACKSLASH) continue;
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
    while (next - close < 4 && text.charCodeAt(next) === 32) next += 1;
    if (text.charCodeAt(next) === COLON && text.charCodeAt(next + 1) !== COLON) return true;
    const colon = lastBefore(text, start);
    if (
      colon > 0 &&
      text.charCodeAt(colon) === COLON &&
      text.charCodeAt(lastBefore(text, colon)) === text.charCodeAt(start)
    )
      return true;
    return isRequestLine(text, start + 1, close);
  }
}

/** A quote with which the message begins (klog's structured lines), or behind `msg=` or `message=` (logfmt): what it holds says what happened. */
function isMessage(text: string, start: number): boolean {
  return (
    start === 0 ||
    MESSAGE_KEYS.some((key) => text.endsWith(key, start) && !isWordAt(text, start - key.length - 1))
  );
}

/** An upper-case method of 3 to 8 letters, a space, and a path or a URL (as it is, or masked already). */
function isRequestLine(text: string, start: number, end: number): boolean {
  let index = start;
  while (index - start < 9 && index < end && text.charCodeAt(index) >= 65 && text.charCodeAt(index) <= 90)
    index += 1;
  if (index - start < 3 || index - start > 8 || text.charCodeAt(index) !== 32) return false;
  const target = text.charAt(index + 1);
  return target === '/' || target === '<' || text.startsWith('http', index + 1);
}
