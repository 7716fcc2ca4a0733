import { type DestinationStream, pino, stdSerializers } from 'pino';
import type { AppLogger } from './app-logger';

export type { Logger } from './app-logger';

export type LogThreshold = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogThreshold;
  /** The role that this process plays, or all of them joined by a comma. */
  readonly role: string;
  /** Where the lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

const SECRET_FIELDS = [
  'api_key',
  'apiKey',
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'x-api-key',
];

/**
 * One JSON object a line: `level` as a word, `time` in ISO 8601, `role`, the fields, `msg`. An `err` or `cause` field is
 * written with its stack and its own causes. Fields that are called like a secret are masked, two levels deep.
 */
export function createLogger(options: LoggerOptions): AppLogger {
  const settings = {
    level: options.level,
    base: { role: options.role },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.errWithCause, cause: stdSerializers.errWithCause },
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]),
      censor: '[redacted]',
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
