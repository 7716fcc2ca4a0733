import type { LogLevel } from './log-level';

/** Names that loggers, syslog (RFC 5424), java.util.logging, Android, glog and PostgreSQL use, in lower case. */
const NAMES: Readonly<Record<LogLevel, string>> = {
  trace: 'trace trc t finest finer verbose verb v silly all debug5 debug4 debug3 debug2',
  debug: 'debug dbg dbug debg d fine config debug1',
  info: 'info inf information informational informative i notice note log normal success ok audit default statement detail hint',
  warn: 'warn warning wrn w warnung caution',
  error: 'error err eror e severe failure fail failed exception',
  fatal: 'fatal ftl f critical crit c alert emergency emerg panic dpanic catastrophe',
};
const BY_NAME = new Map<string, LogLevel>(
  (Object.keys(NAMES) as LogLevel[]).flatMap((level) =>
    NAMES[level].split(' ').map((name): [string, LogLevel] => [name, level]),
  ),
);

/** Syslog severities 0 to 7. */
const SYSLOG: readonly LogLevel[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];
/** Pino and bunyan: 10 to 69, custom levels counting as the named one below them. */
const BY_TENS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Undefined for what names no level. Case and surrounding blanks, brackets and colons do not matter. */
export function parseLevel(input: unknown): LogLevel | undefined {
  if (typeof input === 'number') return fromNumber(input);
  if (typeof input !== 'string' || input.length > 32) return undefined;
  const exact = BY_NAME.get(input);
  if (exact !== undefined) return exact;
  const name = input.toLowerCase().replace(/^[\s[<(]+|[\s\])>:]+$/g, '');
  return BY_NAME.get(name) ?? (/^\d{1,2}$/.test(name) ? fromNumber(Number(name)) : undefined);
}

function fromNumber(value: number): LogLevel | undefined {
  if (!Number.isInteger(value) || value < 0) return undefined;
  return value < 10 ? SYSLOG[value] : BY_TENS[Math.floor(value / 10) - 1];
}
