import { type LogLevel, type LogMetadata, type Logger as TemporalLogger, Runtime } from '@temporalio/worker';
import type { Clock } from '../../../libs/core/src/common/clock';
import type { Logger } from '../../../libs/observability/src/app-logger';

const METHOD = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

let installed = false;

/**
 * Sends the log lines of Temporal's worker to our log, and keeps it from catching signals: a stop is Nest's to order. Its
 * runtime is one per process and cannot be replaced, so only the first call counts.
 */
export function useLoggerForTemporal(logger: Logger, clock: Clock): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: toTemporalLogger(logger, clock),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
}

/** While the server is away, each of some dozen pollers complains at every retry: one line of them in this time is enough. */
const RETRY_LINES_EVERY_MS = 30_000;
const RETRY_TARGET = 'temporalio_client::retry';

/** What Temporal calls info is about its own housekeeping: `debug` for the people who run OpsPilot. */
function toTemporalLogger(logger: Logger, clock: Clock): TemporalLogger {
  let retryLineAtMs = -Infinity;
  const isTooMuch = (meta: LogMetadata | undefined) => {
    if (meta?.['target'] !== RETRY_TARGET) return false;
    if (clock.now() - retryLineAtMs < RETRY_LINES_EVERY_MS) return true;
    retryLineAtMs = clock.now();
    return false;
  };
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const method = isTooMuch(meta) ? 'debug' : METHOD[level];
    const { error, ...fields } = meta ?? {};
    logger[method]({ ...fields, ...(error !== undefined && { err: error as unknown }) }, message);
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
