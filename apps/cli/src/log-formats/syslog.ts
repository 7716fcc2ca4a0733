import type { LogFormat, ParsedLine } from './log-format';
import { isLevelWord, leadingLevel } from './level-words';
import { matchDateTime, parseTime } from './match-time';
import type { CivilTime } from './source-time';

/** RFC 5424 §6.2.1, tables 1 and 2. */
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const PRIORITY = /^<(\d{1,3})>/;

interface Priority {
  readonly level: string | undefined;
  readonly facility: Readonly<Record<string, number>>;
  readonly end: number;
}

function matchPriority(line: string): Priority | undefined {
  const match = PRIORITY.exec(line);
  if (match === null) return { level: undefined, facility: {}, end: 0 };
  const value = Number(match[1]);
  if (value > 191) return undefined;
  return { level: SEVERITIES[value & 7], facility: { facility: value >> 3 }, end: match[0].length };
}

const HOST = /[ \t]+([\w.:%/@-]{1,255})[ \t]+/y;
/** A program's name, the module in parentheses that PAM adds, a process id; a colon follows. Names with blanks need a process id. */
const TAG = /[- ]*([\w./@$+-]{1,100})(?:\(([^()\s]{1,60})\))?(?:\[(\d{1,10})\])?:(?=[ \t]|$)[ \t]?/y;
const SPACED_TAG = /[- ]*([A-Za-z][\w .()+-]{0,80})\[(\d{1,10})\](?: \([^()]{1,80}\))?:(?=[ \t]|$)[ \t]?/y;
const BARE_TAG = /([A-Za-z][\w./@-]{0,60})\[(\d{1,10})\]:?[ \t]/y;

interface Tag {
  readonly program: string;
  readonly context: Readonly<Record<string, string>>;
  readonly end: number;
}

function matchTag(line: string, from: number): Tag | undefined {
  TAG.lastIndex = from;
  const plain = TAG.exec(line);
  if (plain !== null) {
    const [, program = '', module, pid] = plain;
    const context = { ...(module !== undefined && { module }), ...(pid !== undefined && { pid }) };
    return { program, context, end: TAG.lastIndex };
  }
  for (const shape of [SPACED_TAG, BARE_TAG]) {
    shape.lastIndex = from;
    const match = shape.exec(line);
    if (match !== null)
      return { program: (match[1] ?? '').trim(), context: { pid: match[2] ?? '' }, end: shape.lastIndex };
  }
  return undefined;
}

/** BSD syslog as files keep it, with or without `<34>`; also with a year, a fraction or an ISO time (rsyslog, journald's short-iso). */
export const syslogRfc3164: LogFormat = {
  name: 'syslog-rfc3164',
  isStrict: true,
  parse(line) {
    const priority = matchPriority(line);
    if (priority === undefined) return undefined;
    const time = matchDateTime(line, line.charAt(priority.end) === '*' ? priority.end + 1 : priority.end);
    if (time === undefined || time.time.kind !== 'civil') return undefined;
    const isBsdTime =
      time.time.year === undefined && /^\*?[A-Z]/.test(line.slice(priority.end, priority.end + 2));
    HOST.lastIndex = time.end;
    const host = HOST.exec(line)?.[1];
    if (host !== undefined && isLevelWord(host)) return undefined;
    const tag = host === undefined ? undefined : matchTag(line, HOST.lastIndex);
    if (host === undefined || tag === undefined) {
      if (!isBsdTime) return undefined;
      if (host === undefined || host.endsWith(':')) return withoutHost(line, time.time, time.end, priority);
    } else if (!isBsdTime && !isPlainlyHostAndTag(time.time, host, tag)) return undefined;
    const message = line.slice(tag?.end ?? HOST.lastIndex);
    return {
      time: time.time,
      level: priority.level ?? leadingLevel(message),
      ...(tag !== undefined && { service: tag.program }),
      message,
      context: { host, ...tag?.context, ...priority.facility },
    };
  },
};

/** In other files than syslog's a thread or a logger stands where the host would; those seldom have a zone, or a process id behind a name. */
function isPlainlyHostAndTag(time: CivilTime, host: string, tag: Tag): boolean {
  return /[a-z]/i.test(host) && (tag.context['pid'] !== undefined || time.offsetMinutes !== undefined);
}

function withoutHost(
  line: string,
  time: ParsedLine['time'],
  end: number,
  priority: Priority,
): ParsedLine | undefined {
  const from = end + (/^:?[ \t]*/.exec(line.slice(end, end + 20))?.[0].length ?? 0);
  if (from === end && from < line.length) return undefined;
  const tag = matchTag(line, from);
  const message = line.slice(tag?.end ?? from);
  return {
    time,
    level: priority.level ?? leadingLevel(message),
    ...(tag !== undefined && { service: tag.program }),
    message,
    context: { ...tag?.context, ...priority.facility },
  };
}

const RFC5424 = /^<(\d{1,3})>1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ?/;
const SD_ELEMENT = /\[([^\s="\]]{1,64})((?: [^\s="\]]{1,64}="(?:[^"\\\]]|\\.)*")*)\]/y;
const SD_PARAMETER = / ([^\s="\]]{1,64})="((?:[^"\\\]]|\\.)*)"/g;

/** RFC 5424, structured data to `<id>.<name>`. */
export const syslogRfc5424: LogFormat = {
  name: 'syslog-rfc5424',
  isStrict: true,
  parse(line) {
    const match = RFC5424.exec(line);
    if (match === null || Number(match[1]) > 191) return undefined;
    const [head, priority, timeText = '-', host = '-', app = '-', pid = '-', messageId = '-'] = match;
    const time = timeText === '-' ? undefined : parseTime(timeText);
    if (time === undefined && timeText !== '-') return undefined;
    const { fields, end } = readStructuredData(line, head.length);
    const named = Object.entries({ host, pid, message_id: messageId }).filter(([, value]) => value !== '-');
    return {
      time,
      level: SEVERITIES[Number(priority) & 7],
      ...(app !== '-' && { service: app }),
      message: line.slice(end).replace(/^ ?\uFEFF?/, ''),
      context: { ...Object.fromEntries(named), facility: Number(priority) >> 3, ...fields },
    };
  },
};

function readStructuredData(line: string, from: number): { fields: Record<string, string>; end: number } {
  if (line.charAt(from) === '-') return { fields: {}, end: from + 1 };
  const fields: Record<string, string> = {};
  let end = from;
  for (;;) {
    SD_ELEMENT.lastIndex = end;
    const element = SD_ELEMENT.exec(line);
    if (element === null) return { fields, end };
    end = SD_ELEMENT.lastIndex;
    for (const [, name, value = ''] of (element[2] ?? '').matchAll(SD_PARAMETER)) {
      fields[`${element[1]}.${name}`] = value.replace(/\\(["\\\]])/g, '$1');
    }
  }
}
