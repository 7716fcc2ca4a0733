import { type LogLevel, type LogMetadata, type Logger as TemporalLogger, Runtime } from '@temporalio/worker';
import type { Logger } from '../../../libs/observability/src/app-logger';

const METHOD = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

let installed = false;

/**
 * Sends the log lines of Temporal's worker to our log, and keeps it from catching signals: a stop is Nest's to order. Its
 * runtime is one per process and cannot be replaced, so only the first call counts.
 */
export function useLoggerForTemporal(logger: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: toTemporalLogger(logger),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
}

/** What Temporal calls info is about its own housekeeping: `debug` for the people who run OpsPilot. */
function toTemporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const { error, ...fields } = meta ?? {};
    logger[METHOD[level]]({ ...fields, ...(error !== undefined && { err: error as unknown }) }, message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}
