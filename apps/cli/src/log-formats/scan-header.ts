import { isInCapitals, isLevelWord, mayBeginSentence } from './level-words';

/** What stands between the time of a line and its message. */
export interface Header {
  readonly level: string | undefined;
  readonly messageStart: number;
  readonly context: Readonly<Record<string, string>>;
}

const MAX_ITEMS = 10;
const MAX_WORD_CHARS = 160;
const MAX_BRACKET_CHARS = 300;
const SEPARATOR = /(?:[ \t]+|\|+|-{1,3}(?=[ \t])|[:,](?=[ \t]))*/y;
const WORD = new RegExp(String.raw`(?:[^\s|\[:,]|[:,](?!\s)){1,${MAX_WORD_CHARS}}`, 'y');
const AFTER_LEVEL_LETTER = /[ \t]+(?:\||\[|[A-Z]{2})/y;
const LOGGER_END = /[ \t]*:(?=[ \t]|$)|[ \t]+-{1,3}[ \t]|[ \t]*\|/y;
const COLUMN_END = / {2}|\t/y;
const REQUEST_BRACKET = / \[req-/y;
const JAVA_METHOD = /^[a-z]\w*(?:\.[\w$]+){2,12}$/;
const ZONE_NAME = /^[A-Z]{3,5}$/;
const PROCESS = /^(?:pid |id=|#)?(\d{1,10})(?:[:#](?:tid )?(\d{1,20}))?$/;
const LEVEL_LETTERS: Readonly<Record<string, string>> = {
  V: 'verbose',
  D: 'debug',
  I: 'info',
  N: 'notice',
  W: 'warning',
  E: 'error',
  F: 'fatal',
  C: 'critical',
};

/**
 * Reads the items of a header from `from`, the end of the time, on: a level, brackets, process ids, a logger, in any order and with
 * blanks, dashes, bars or colons between them. A header without a level is taken for a part of the message, as there is no telling where it ends;
 * except where bars separate its fields.
 */
export function scanHeader(text: string, from: number): Header {
  const start = /[\]:;,]/.test(text.charAt(from)) ? from + 1 : from;
  const scan = new HeaderScan(text, start);
  scan.run();
  if (scan.level !== undefined || scan.hasBars)
    return { level: scan.level, messageStart: scan.messageStart, context: scan.context };
  return { level: undefined, messageStart: scan.firstItem, context: {} };
}

class HeaderScan {
  level: string | undefined;
  messageStart: number;
  hasBars = false;
  readonly firstItem: number;
  readonly context: Record<string, string> = {};
  private position: number;
  private separator = '';
  private isLevelBracketed = false;
  private bracketCount = 0;
  /** Spring Boot sets level and process apart from all its brackets by three dashes. */
  private isDashed = false;

  constructor(
    private readonly text: string,
    from: number,
  ) {
    this.position = from;
    this.skipSeparator();
    this.firstItem = this.position;
    this.messageStart = this.position;
    this.hasBars = this.separator.includes('|');
  }

  run(): void {
    for (let items = 0; items < MAX_ITEMS; items++) {
      const isTaken =
        this.text.charAt(this.position) === '[' ? this.takeBracket() : this.takeWord(items === 0);
      if (!isTaken) return;
      this.skipSeparator();
      this.messageStart = this.position;
    }
  }

  private skipSeparator(): void {
    SEPARATOR.lastIndex = this.position;
    SEPARATOR.test(this.text);
    this.separator = this.text.slice(this.position, SEPARATOR.lastIndex);
    if (this.separator.includes('---')) this.isDashed = true;
    this.position = SEPARATOR.lastIndex;
  }

  private takeBracket(): boolean {
    const end = closingBracket(this.text, this.position);
    if (end === -1) return false;
    const content = this.text.slice(this.position + 1, end).trim();
    if (this.level === undefined) {
      if (this.takeBracketedLevel(content)) {
        this.isLevelBracketed = true;
        this.position = end + 1;
        return true;
      }
    } else if (!this.isHeaderBracket(content, end + 1)) return false;
    this.keepBracket(content);
    this.bracketCount++;
    this.position = end + 1;
    return true;
  }

  private takeBracketedLevel(content: string): boolean {
    if (isLevelWord(content)) {
      this.level = content;
      return true;
    }
    // Apache 2.4 writes module:level, trace1 to trace8 among the levels.
    const colon = content.lastIndexOf(':');
    const last = content.slice(colon + 1).replace(/^trace[1-8]$/, 'trace');
    if (colon <= 0 || content.includes(' ') || !isLevelWord(last)) return false;
    this.level = last;
    this.keep('logger', content.slice(0, colon));
    return true;
  }

  /** After the level a bracket may open the message: it is the header's where the header visibly goes on behind it. */
  private isHeaderBracket(content: string, end: number): boolean {
    if (PROCESS.test(content) || content.startsWith('req-') || content.startsWith('client ')) return true;
    if (this.isDashed) return this.context['logger'] === undefined;
    if (this.isLevelBracketed) return this.bracketCount < 2;
    if (this.context['logger'] !== undefined || this.context['thread'] !== undefined) return false;
    return this.isEndedAt(end) || this.loggerEnd(end + 1) !== -1;
  }

  private keepBracket(content: string): void {
    const process = PROCESS.exec(content);
    if (process !== null) {
      this.keep('pid', process[1] ?? '');
      if (process[2] !== undefined) this.keep('tid', process[2]);
    } else if (content.startsWith('req-')) this.keep('request_id', content.split(' ', 1)[0] ?? content);
    else if (content.startsWith('client ')) this.keep('client', content.slice(7));
    else if (this.isLevelBracketed && this.context['logger'] === undefined) this.keep('logger', content);
    else this.keep(this.context['thread'] === undefined ? 'thread' : 'scope', content);
  }

  private takeWord(isFirst: boolean): boolean {
    WORD.lastIndex = this.position;
    const word = WORD.exec(this.text)?.[0];
    if (word === undefined) return false;
    const end = this.position + word.length;
    if (this.level === undefined && this.takeLevel(word, end, isFirst))
      return this.position > this.messageStart;
    if (this.level === undefined && isFirst && ZONE_NAME.test(word) && this.text.startsWith(' [', end)) {
      this.keep('time_zone', word);
      this.position = end;
      return true;
    }
    return this.takeProcess(word, end) || this.takeLogger(word, end);
  }

  /** True where the word is a level; the position moves behind it unless it belongs to the message as well. */
  private takeLevel(word: string, end: number, isFirst: boolean): boolean {
    const letter = LEVEL_LETTERS[word];
    AFTER_LEVEL_LETTER.lastIndex = end;
    if (letter !== undefined && AFTER_LEVEL_LETTER.test(this.text)) return this.levelTaken(letter, end);
    // INFO:logger:message, INFO/MainProcess], local.ERROR:
    const compound = /^(?:([\w-]{1,40})\.)?([A-Za-z]{3,13})(?:\/([\w.-]{1,60})\]?|:(?=\S).*)?$/.exec(word);
    const name = compound?.[2];
    if (name === undefined || !isLevelWord(name)) return false;
    const [, channel, , worker] = compound ?? [];
    if (channel !== undefined && !isInCapitals(name)) return false;
    if (channel !== undefined) this.keep('logger', channel);
    if (worker !== undefined) this.keep('thread', worker);
    const nameEnd =
      worker === undefined ? end - word.length + (channel?.length ?? -1) + 1 + name.length : end;
    if (isInCapitals(name)) return this.levelTaken(name, nameEnd);
    return this.takeWrittenLevel(name, nameEnd, isFirst);
  }

  private takeWrittenLevel(name: string, end: number, isFirst: boolean): boolean {
    const isColumn =
      /^(?:[:|,\t]| {2}| ?\|)/.test(this.text.slice(end, end + 2)) || /[|,-]/.test(this.separator);
    if (isColumn || (isFirst && !mayBeginSentence(name))) return this.levelTaken(name, end);
    if (!isFirst) return false;
    this.level = name;
    return true;
  }

  private levelTaken(level: string, end: number): true {
    this.level = level;
    this.position = end + (this.text.charAt(end) === ':' ? 1 : 0);
    return true;
  }

  private takeProcess(word: string, end: number): boolean {
    const process = /^#?\d{1,10}(?:#\d{1,20})?$/.test(word) ? PROCESS.exec(word) : null;
    if (process === null) return false;
    const isInHeader =
      this.level === undefined || this.hasBars || this.isEndedAt(end) || this.text.startsWith(' [', end);
    if (!isInHeader) return false;
    this.keep(this.context['pid'] === undefined ? 'pid' : 'tid', process[1] ?? '');
    if (process[2] !== undefined) this.keep('tid', process[2]);
    this.position = end;
    return true;
  }

  private takeLogger(word: string, end: number): boolean {
    if (this.context['logger'] !== undefined) return false;
    const loggerEnd = this.loggerEnd(this.position);
    if (loggerEnd === -1 && !(this.level === undefined && /[.@/]|::/.test(word) && !/[="()]/.test(word)))
      return false;
    if (this.text.charAt(end) === '|') this.hasBars = true;
    this.keep('logger', word);
    this.position = end;
    return true;
  }

  /** Where a logger's name that begins at `from` ends; -1 where the word there is the message's. */
  private loggerEnd(from: number): number {
    WORD.lastIndex = from;
    const word = WORD.exec(this.text)?.[0];
    if (word === undefined || /["'=]|^\(/.test(word)) return -1;
    const end = from + word.length;
    if (this.isEndedAt(end)) return !this.text.startsWith(':', end) || isQualifiedName(word) ? end : -1;
    REQUEST_BRACKET.lastIndex = end;
    COLUMN_END.lastIndex = end;
    const isColumn = COLUMN_END.test(this.text) && (isInCapitals(word) || isQualifiedName(word));
    // java.util.logging as Tomcat sets it: [thread] class.method message.
    const isMethod = this.text.charAt(from - 2) === ']' && JAVA_METHOD.test(word);
    return isColumn || isMethod || REQUEST_BRACKET.test(this.text) ? end : -1;
  }

  private isEndedAt(end: number): boolean {
    LOGGER_END.lastIndex = end;
    return LOGGER_END.test(this.text);
  }

  private keep(name: string, value: string): void {
    if (value !== '') this.context[name] ??= value;
  }
}

/** `org.foo.Bar`, `a::b`, `dfs.Node$Part`, `FooBar`, `main.go:12`: not an ordinary word with a colon. */
function isQualifiedName(word: string): boolean {
  return /[a-zA-Z\d][.$#/][a-zA-Z\d$]|::|^[A-Z]?[a-z\d]+[A-Z]|_/.test(word) && !/^\w+:\/\//.test(word);
}

/** Index of the bracket that closes the one at `open`, over nested ones; -1 where there is none near. */
function closingBracket(text: string, open: number): number {
  const limit = Math.min(text.length, open + MAX_BRACKET_CHARS);
  let depth = 0;
  for (let index = open; index < limit; index++) {
    const code = text.charCodeAt(index);
    if (code === 91) depth++;
    else if (code === 93 && --depth === 0) return index;
  }
  return -1;
}
