import type { LogFormat, ParsedLine } from './log-format';
import { parseTime } from './match-time';
import { instantFromDigits, type SourceTime } from './source-time';

/** Keys that loggers use, the most telling first: pino, bunyan, zap, logrus, slog, ECS, docker, journald, GELF, Serilog, MongoDB, OpenTelemetry. */
const TIME_KEYS = [
  'timestamp',
  '@timestamp',
  'time',
  'ts',
  '@t',
  't',
  'datetime',
  'date',
  'asctime',
  'eventTime',
  'timeUnixNano',
  '_SOURCE_REALTIME_TIMESTAMP',
  '__REALTIME_TIMESTAMP',
];
const LEVEL_KEYS = [
  'level',
  'log.level',
  'severity',
  'severityText',
  'severity_text',
  'lvl',
  'loglevel',
  'log_level',
  'logLevel',
  'levelname',
  'level_name',
  '@l',
  'PRIORITY',
  's',
];
const MESSAGE_KEYS = [
  'message',
  'msg',
  'MESSAGE',
  'log',
  '@m',
  '@mt',
  'body',
  'short_message',
  'text',
  'event',
  'error',
  'err',
];
const SERVICE_KEYS = [
  'service',
  'service.name',
  'service_name',
  'serviceName',
  'app',
  'application',
  'SYSLOG_IDENTIFIER',
  '_SYSTEMD_UNIT',
];
const TRACE_KEYS = ['trace_id', 'traceId', 'traceID', 'trace.id', 'dd.trace_id', 'otelTraceID', '@tr'];
const SPAN_KEYS = ['span_id', 'spanId', 'spanID', 'span.id', 'dd.span_id', 'otelSpanID', '@sp'];
const CORRELATION_KEYS = ['correlation_id', 'correlationId', 'correlationID'];

type Fields = Readonly<Record<string, unknown>>;

/** One JSON object a line. What is not one of the known keys becomes context as it is. */
export const jsonLines: LogFormat = {
  name: 'json',
  isStrict: true,
  parse(line) {
    const fields = parseObject(line);
    if (fields === undefined) return undefined;
    if (isDockerEntry(fields)) {
      const { log, time, ...rest } = fields;
      return {
        time: toTime(time),
        message: String(log).replace(/\r?\n$/, ''),
        context: rest,
        isWrapped: true,
      };
    }
    return fromFields(fields);
  },
};

/** Shared with logfmt: which fields mean what, the rest to the context. */
export function fromFields(fields: Fields): ParsedLine {
  const taken = new Set<string>();
  const take = <Value>(
    keys: readonly string[],
    read: (value: unknown) => Value | undefined,
  ): Value | undefined => {
    for (const key of keys) {
      const found = lookUp(fields, key);
      const value = found === undefined ? undefined : read(found.value);
      if (value === undefined || found === undefined) continue;
      if (found.isWhole) taken.add(found.topKey);
      return value;
    }
    return undefined;
  };
  const time = take(TIME_KEYS, toTime);
  const level = take(LEVEL_KEYS, toLevel);
  const parsed = {
    time,
    level,
    service: take(SERVICE_KEYS, toName) ?? bunyanName(fields, taken),
    traceId: take(TRACE_KEYS, toText),
    spanId: take(SPAN_KEYS, toText),
    correlationId: take(CORRELATION_KEYS, toText),
    message: take(MESSAGE_KEYS, toText) ?? JSON.stringify(fields),
  };
  const context = Object.fromEntries(Object.entries(fields).filter(([key]) => !taken.has(key)));
  return { ...parsed, context };
}

function parseObject(line: string): Fields | undefined {
  const first = line.charCodeAt(0) === 123 ? 0 : line.search(/\S/);
  if (first === -1 || line.charCodeAt(first) !== 123) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    // Half an object, or braces that are not JSON: another format or a continuation.
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDockerEntry(fields: Fields): boolean {
  return (
    typeof fields['log'] === 'string' && (fields['stream'] === 'stdout' || fields['stream'] === 'stderr')
  );
}

interface Found {
  readonly topKey: string;
  readonly value: unknown;
  /** False where the value lies inside an object that has more to it. */
  readonly isWhole: boolean;
}

/** `log.level` is looked for as a key with a dot and as an object in an object (ECS allows both). */
function lookUp(fields: Fields, key: string): Found | undefined {
  if (Object.hasOwn(fields, key)) return { topKey: key, value: fields[key], isWhole: true };
  const dot = key.indexOf('.');
  if (dot === -1) return undefined;
  const outer = fields[key.slice(0, dot)];
  const inner = key.slice(dot + 1);
  if (!isObject(outer) || !Object.hasOwn(outer, inner)) return undefined;
  return { topKey: key.slice(0, dot), value: outer[inner], isWhole: Object.keys(outer).length === 1 };
}

function bunyanName(fields: Fields, taken: Set<string>): string | undefined {
  if (typeof fields['name'] !== 'string' || fields['name'] === '' || typeof fields['hostname'] !== 'string')
    return undefined;
  taken.add('name');
  return fields['name'];
}

function toTime(value: unknown): SourceTime | undefined {
  if (isObject(value)) return toTime(value['$date']);
  if (typeof value === 'number') return timeFromNumber(value);
  return typeof value === 'string' && value.length <= 64 ? parseTime(value.trim()) : undefined;
}

function timeFromNumber(value: number): SourceTime | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  const [digits = '', fraction] = (Number.isInteger(value) ? value.toFixed(0) : value.toFixed(6)).split('.');
  return instantFromDigits(digits, fraction?.replace(/0+$/, ''));
}

function toLevel(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 32 ? value : undefined;
}

function toText(value: unknown): string | undefined {
  if (isObject(value)) return toText(value['message'] ?? value['msg']);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `"service": {"name": …}` is looked up by its own key. */
function toName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
