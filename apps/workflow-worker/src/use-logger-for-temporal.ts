import { Runtime } from '@temporalio/worker';
import type { Clock } from '../../../libs/core/src/common/clock';
import type { Logger } from '../../../libs/observability/src/app-logger';
import { toTemporalLogger } from './to-temporal-logger';

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
