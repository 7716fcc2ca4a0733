import { ApplicationFailure } from '@temporalio/common';
import type { LogLevel, LogMetadata, Logger as TemporalLogger } from '@temporalio/worker';
import type { Clock } from '../../../libs/core/src/common/clock';
import type { ErrorKind } from '../../../libs/core/src/common/errors';
import type { Logger } from '../../../libs/observability/src/app-logger';
import { ToldProblems } from '../../../libs/observability/src/told-problems';

const METHOD = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** While the server is away, each of some dozen pollers complains at every retry: one line of them in this time is enough. */
const RETRY_LINES_EVERY_MS = 30_000;
const RETRY_TARGET = 'temporalio_client::retry';

/** How Temporal's worker ends each attempt of an activity. */
const ACTIVITY_FAILED = 'Activity failed';
const ACTIVITY_COMPLETED = 'Activity completed';
/** Said as a warning by those of our workers that are to serve activities only. */
const NO_WORKFLOWS = 'No workflows registered, not polling for workflow tasks';
const ENGINE_IS_AWAY: ErrorKind = 'unavailable';

/**
 * Log lines of Temporal's worker as ours. What it calls info is about its own housekeeping: `debug` for the people who run
 * OpsPilot. So is what is meant to be so, and what was said before: an activity whose engine is away says so once, until it has succeeded again.
 */
export function toTemporalLogger(logger: Logger, clock: Clock): TemporalLogger {
  const told = new ToldProblems();
  let retryLineAtMs = -Infinity;
  const isRetryTooMuch = () => {
    if (clock.now() - retryLineAtMs < RETRY_LINES_EVERY_MS) return true;
    retryLineAtMs = clock.now();
    return false;
  };
  const isNoNews = (message: string, meta: LogMetadata = {}) => {
    if (message === NO_WORKFLOWS) return true;
    if (meta['target'] === RETRY_TARGET) return isRetryTooMuch();
    const activity = String(meta['activityType']);
    if (message === ACTIVITY_COMPLETED) told.isOver(activity);
    const error = message === ACTIVITY_FAILED ? (meta['error'] as unknown) : undefined;
    if (!(error instanceof ApplicationFailure) || error.type !== ENGINE_IS_AWAY) return false;
    return !told.isNews(activity, error);
  };
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const method = isNoNews(message, meta) ? 'debug' : METHOD[level];
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
