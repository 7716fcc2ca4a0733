import type { LogFormat, ParsedLine } from './log-format';
import { guessLevel, isLevelWord } from './level-words';
import { type TimeMatch, matchDateTime, matchEpoch, matchTimeOfDay } from './match-time';
import { scanHeader } from './scan-header';

/**
 * A date and time first, then a header in any of the usual orders, then the message: log4j, logback, Python, Hadoop, HDFS, Spark,
 * ZooKeeper, Apache and nginx error logs, Windows CBS, HealthApp, PostgreSQL, MySQL, Elasticsearch, Rust, Go, .NET and their like.
 */
export const timestamped: LogFormat = {
  name: 'timestamped',
  isStrict: true,
  parse(line) {
    const start = line.charCodeAt(0) === 91 ? 1 : 0;
    return parseFrom(line, matchDateTime(line, start), start === 1);
  },
};

/** The same with seconds (or finer) since 1970 for the time, or with a time of day only. Loose: a number may be any number. */
export const timestampedLoosely: LogFormat = {
  name: 'timestamped-loosely',
  isStrict: false,
  parse(line) {
    const start = line.charCodeAt(0) === 91 ? 1 : 0;
    return parseFrom(line, matchTimeOfDay(line, start) ?? matchEpoch(line, start), start === 1);
  },
};

const LEVEL_FIRST = /^\[?([A-Za-z]{3,13}) {0,6}\]?[:|]?[ \t]{1,8}(?:[-|] )?\[?/;

/** A level, then a time: Django's verbose layout, `[INFO] 2024-01-02 03:04:05 …`. */
export const levelFirst: LogFormat = {
  name: 'level-first',
  isStrict: true,
  parse(line) {
    const front = LEVEL_FIRST.exec(line);
    const level = front?.[1];
    if (front === null || level === undefined || !isLevelWord(level)) return undefined;
    const parsed = parseFrom(line, matchDateTime(line, front[0].length), front[0].endsWith('['));
    return parsed === undefined ? undefined : { ...parsed, level };
  },
};

const MAX_PREFIX_WORDS = 6;
const MAX_PREFIX_CHARS = 160;

/**
 * A time that is not the first word: OpenStack's file name, Redis's `1:M`, Ruby's `I, [`, a cluster's record number and node.
 * Loose: any sentence may have a date in it.
 */
export const prefixedTime: LogFormat = {
  name: 'prefixed-time',
  isStrict: false,
  parse(line) {
    if (/^\s/.test(line)) return undefined;
    let start = 0;
    for (let words = 0; words < MAX_PREFIX_WORDS; words++) {
      start = nextWord(line, start);
      if (start === -1) return undefined;
      const opened = line.charCodeAt(start) === 91 ? start + 1 : start;
      const match = matchDateTime(line, opened) ?? matchEpoch(line, opened);
      if (match !== undefined)
        return withPrefix(parseFrom(line, match, opened > start), line.slice(0, start).trim());
    }
    return undefined;
  },
};

function nextWord(line: string, from: number): number {
  const space = line.indexOf(' ', from);
  if (space === -1 || space > MAX_PREFIX_CHARS) return -1;
  let start = space;
  while (line.charCodeAt(start) === 32) start++;
  return start < line.length ? start : -1;
}

const MAX_BRACKET_CHARS = 300;

function parseFrom(line: string, match: TimeMatch | undefined, isBracketed: boolean): ParsedLine | undefined {
  if (match === undefined) return undefined;
  const next = line.charAt(match.end);
  if (next !== '' && !' \t]|:,-;'.includes(next)) return undefined;
  const text = isBracketed && next !== ']' ? withoutClosingBracket(line, match.end) : line;
  const header = scanHeader(text, match.end);
  const message = text.slice(header.messageStart);
  return { time: match.time, level: header.level ?? guessLevel(message), message, context: header.context };
}

/** `[time LEVEL logger] message`: the bracket holds the whole header, so its end is but one more separator. */
function withoutClosingBracket(line: string, from: number): string {
  const close = line.slice(0, from + MAX_BRACKET_CHARS).indexOf(']', from);
  return close === -1 ? line : `${line.slice(0, close)} - ${line.slice(close + 1).trimStart()}`;
}

const LOG_FILE = /^([A-Za-z][\w-]{0,60})\.log\b/;

function withPrefix(parsed: ParsedLine | undefined, prefix: string): ParsedLine | undefined {
  if (parsed === undefined) return undefined;
  const service = LOG_FILE.exec(prefix)?.[1];
  return { ...parsed, ...(service !== undefined && { service }), context: { ...parsed.context, prefix } };
}
