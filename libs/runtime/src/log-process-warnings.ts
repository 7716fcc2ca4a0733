import type { AppLogger } from '../../observability/src/app-logger';

/** Node prints warnings, such as one of a library about this Node, as loose text: here they become log lines as all else. */
export function logProcessWarnings(log: AppLogger): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ warning: warning.message }, 'node warns'));
}
