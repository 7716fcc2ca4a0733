import { COMPOUND, DELIMITER, DIGIT, LETTER, SPACE, classOf, isDigitAt, isWordAt } from './char-class';
import { type Codes, FIRST, codeAt, codesOf, textOf } from './message-codes';
import { matchCompound } from './match-compound';
import { QuoteMatcher } from './match-quoted';
import { matchClock, matchDate, matchNamedDay } from './match-time';
import {
  type WordKind,
  endOfDigits,
  endOfWord,
  kindOfWord,
  matchColonHex,
  matchIpv4,
  matchNumber,
  matchUuid,
} from './match-token';

/** The kinds of values that masking tells apart. */
export const VALUE_KINDS = [
  'num',
  'hex',
  'uuid',
  'ip',
  'path',
  'url',
  'time',
  'duration',
  'size',
  'email',
  'quoted',
  'id',
] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];
/** What takes the place of something in a message. */
export interface Mark {
  readonly text: string;
  readonly codes: Codes;
}
const MARKS = Object.fromEntries(VALUE_KINDS.map((kind) => [kind, markOf(`<${kind}>`)])) as Record<
  ValueKind,
  Mark
>;
const ONE_SPACE = markOf(' ');
const LINE_BREAK = markOf('\n');
const PLACEHOLDERS: ReadonlySet<string> = new Set(VALUE_KINDS);
const LESS_THAN = 60;
const DASH = 45;
const PLUS = 43;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const MAX_PLACEHOLDER_CHARS = 10;

/**
 * Replaces the variable parts of a log message by typed placeholders: `<num> <hex> <uuid> <ip> <path> <url> <time> <duration> <size> <email> <quoted>
 * <id>`. Stateless and total: any string goes in, lone surrogates included, and time is linear in its length. Runs of white space become one
 * space (a run with a line break becomes one line break). Placeholders in the input stay as they are, so masking a masked message changes nothing.
 * Numbers after letters keep the letters (`worker7` → `worker<num>`); quoted text is one value, but JSON keys and values and request lines stay readable.
 *
 * @param maxChars stop once the masked text is at least this long
 * @param values where given, what each placeholder stands for is appended to it, in order; placeholders of the input stand for themselves
 */
export function maskMessage(message: string, maxChars = Number.POSITIVE_INFINITY, values?: string[]): string {
  const text = new MaskedText(message, values);
  maskCodes(codesOf(message), FIRST, FIRST + message.length, maxChars, text);
  return text.masked;
}

/** Takes a masked message, piece by piece, in order. */
export interface MaskedOutput {
  /** Of what it has taken, in UTF-16 code units. */
  readonly length: number;
  /** What stays as it is, from `start` to before `end`. */
  keep(text: Codes, start: number, end: number): void;
  /** A placeholder, or white space in place of a run of it. */
  put(mark: Mark): void;
  /** Of a placeholder: what it stands for is from `start` to before `end`. */
  value?(start: number, end: number): void;
}

/** The same for codes from `start` to before `end`, with END before and behind them. */
export function maskCodes(
  text: Codes,
  start: number,
  end: number,
  maxChars: number,
  output: MaskedOutput,
): void {
  new MessageScanner(text, start, end, output).run(maxChars);
}

function markOf(text: string): Mark {
  return { text, codes: Int32Array.from(text, (char) => char.charCodeAt(0)) };
}

class MaskedText implements MaskedOutput {
  masked = '';

  constructor(
    private readonly message: string,
    private readonly values: string[] | undefined,
  ) {}

  get length(): number {
    return this.masked.length;
  }

  keep(_text: Codes, start: number, end: number): void {
    this.masked += this.message.slice(start - FIRST, end - FIRST);
  }

  put({ text }: Mark): void {
    this.masked += text;
  }

  value(start: number, end: number): void {
    this.values?.push(this.message.slice(start - FIRST, end - FIRST));
  }
}

/** One pass over one message. `from` is the start of the plain text that is not written yet. */
class MessageScanner {
  private at: number;
  private from: number;
  private quotes: QuoteMatcher | undefined;
  private transparentClose = -1;

  constructor(
    private readonly text: Codes,
    start: number,
    private readonly end: number,
    private readonly output: MaskedOutput,
  ) {
    this.at = start;
    this.from = start;
  }

  run(maxChars: number): void {
    const { text, output } = this;
    while (this.at < this.end && output.length + this.at - this.from < maxChars) {
      const code = codeAt(text, this.at);
      const bits = classOf(code);
      // Most runs of white space are one space, which stays.
      if (code === 32 && (classOf(codeAt(text, this.at + 1)) & SPACE) === 0) this.at += 1;
      else if ((bits & SPACE) !== 0) this.space();
      else if ((bits & DELIMITER) !== 0) this.delimiter(code);
      else this.token();
    }
    output.keep(text, this.from, this.at);
  }

  private put(kind: ValueKind, start: number, end: number): void {
    const { output } = this;
    if (start > this.from) output.keep(this.text, this.from, start);
    output.put(MARKS[kind]);
    output.value?.(start, end);
    this.at = end;
    this.from = end;
  }

  private space(): void {
    const start = this.at;
    let end = start;
    let hasBreak = false;
    while ((classOf(codeAt(this.text, end)) & SPACE) !== 0) {
      const code = codeAt(this.text, end);
      hasBreak ||= code === 10 || code === 13;
      end += 1;
    }
    this.at = end;
    const only = codeAt(this.text, start);
    if (end === start + 1 && (only === 32 || only === 10)) return;
    this.output.keep(this.text, this.from, start);
    this.output.put(hasBreak ? LINE_BREAK : ONE_SPACE);
    this.from = end;
  }

  private delimiter(code: number): void {
    const start = this.at;
    this.at += 1;
    if (code === LESS_THAN) {
      const next = textOf(this.text, start + 1, Math.min(start + MAX_PLACEHOLDER_CHARS, this.end));
      const close = next.indexOf('>');
      if (close > 0 && PLACEHOLDERS.has(next.slice(0, close))) {
        this.at = start + close + 2;
        this.output.value?.(start, this.at);
      }
      return;
    }
    if ((code !== 34 && code !== 39 && code !== 96) || start === this.transparentClose) return;
    const isInside = start < this.transparentClose;
    this.quotes ??= new QuoteMatcher(this.text);
    const close = this.quotes.closeOf(start, isInside ? this.transparentClose : this.end);
    if (close < 0) return;
    if (this.quotes.isTransparent(start, close)) {
      if (!isInside) this.transparentClose = close;
    } else this.put('quoted', start, close + 1);
  }

  /** A run without white space and delimiters. Most tokens hold neither a digit nor a slash and are plain. */
  private token(): void {
    const { text } = this;
    const start = this.at;
    let end = start;
    let seen = 0;
    for (; end < this.end; end += 1) {
      const bits = classOf(codeAt(text, end));
      if ((bits & (SPACE | DELIMITER)) !== 0) break;
      seen |= bits;
    }
    if ((seen & COMPOUND) !== 0) {
      const match = matchCompound(text, start, end);
      if (match !== undefined) {
        while (this.at < match.start) this.piece();
        if (this.at === match.start) this.put(match.kind, match.start, match.end);
        return;
      }
    }
    if ((seen & DIGIT) === 0 && end - start < 16) {
      const month = end - start === 3 ? matchNamedDay(text, start) : -1;
      if (month >= 0) this.put('time', start, month);
      else this.at = end;
      return;
    }
    if (seen === DIGIT) this.put('num', start, end);
    else while (this.at < end) this.piece();
  }

  /** The next value, word or punctuation mark within a token. */
  private piece(): void {
    const { text, at } = this;
    const bits = classOf(codeAt(text, at));
    if ((bits & (DIGIT | LETTER)) === 0) {
      this.punctuation();
      return;
    }
    if ((bits & DIGIT) !== 0) {
      const digits = endOfDigits(text, at);
      if (endsNumber(codeAt(text, digits))) {
        this.put('num', at, digits);
        return;
      }
    }
    const end = endOfWord(text, at);
    const next = codeAt(text, end);
    if (end - at === 8 && next === DASH) {
      const uuid = matchUuid(text, at);
      if (uuid >= 0) {
        this.put('uuid', at, uuid);
        return;
      }
    }
    if (end - at <= 4 && next === COLON) {
      const match = matchColonHex(text, at);
      if (match !== undefined) {
        this.put(match.kind, at, match.end);
        return;
      }
    }
    const kind = kindOfWord(text, at, end);
    if ((bits & DIGIT) === 0 || kind === 'hex' || !this.startsWithDigit(at, at)) this.word(at, end, kind);
  }

  private punctuation(): void {
    const { text, at } = this;
    const code = codeAt(text, at);
    this.at += 1;
    const isSign = code === DASH || code === PLUS;
    if (isSign && isDigitAt(text, at + 1) && !isWordAt(text, at - 1)) this.startsWithDigit(at, at + 1);
    else if (code === COLON && codeAt(text, at + 1) === COLON) {
      const match = matchColonHex(text, at);
      if (match !== undefined) this.put(match.kind, at, match.end);
    }
  }

  /** Values that start with a digit; `start` lies before a sign. False where the digits are part of a word. */
  private startsWithDigit(start: number, digit: number): boolean {
    const { text } = this;
    const time = start === digit ? this.timeAt(digit) : -1;
    if (time >= 0) return this.accept('time', start, time);
    const ip = matchIpv4(text, digit);
    if (ip >= 0) return this.accept('ip', start, ip);
    const number = matchNumber(text, digit);
    return number !== undefined && this.accept(number.kind, start, number.end);
  }

  private timeAt(index: number): number {
    const date = matchDate(this.text, index);
    return date >= 0 ? date : matchClock(this.text, index);
  }

  private accept(kind: ValueKind, start: number, end: number): true {
    this.put(kind, start, end);
    return true;
  }

  private word(start: number, end: number, kind: WordKind): void {
    const { text } = this;
    const isPrefixed = codeAt(text, start) === 48 && (codeAt(text, start + 1) | 32) === 120;
    if (isPrefixed && end - start > 2) this.put('hex', start, end);
    else if (kind === 'plain') this.at = end;
    else if (kind !== 'suffixed') this.put(kind, start, end);
    else {
      let digits = end;
      while (isDigitAt(text, digits - 1)) digits -= 1;
      this.put('num', digits, matchNumber(text, digits)?.end ?? end);
    }
  }
}

/** Whether digits before this code unit are a whole number: no letter makes a word or a unit of them, no mark a date, a time, an address or a fraction. */
function endsNumber(code: number): boolean {
  return (classOf(code) & LETTER) === 0 && code !== DASH && code !== DOT && code !== SLASH && code !== COLON;
}
