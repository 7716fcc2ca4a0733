import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type RetentionMetrics = ReturnType<typeof createRetentionMetrics>;

/** What operators watch about deleting by age. */
export function createRetentionMetrics(metrics: AppMetrics) {
  return {
    deleted: metrics.counter({
      name: 'opspilot_retention_records_deleted_total',
      help: 'Records deleted because of their age: with their whole day (as the engine counts them), or one by one',
      labels: ['kind', 'how'],
    }),
    days: metrics.counter({
      name: 'opspilot_retention_days_dropped_total',
      help: 'Days that were dropped as a whole',
      labels: ['kind'],
    }),
    failures: metrics.counter({
      name: 'opspilot_retention_failures_total',
      help: 'Attempts to delete by age that failed',
      labels: ['kind'],
    }),
    lastRun: metrics.gauge({
      name: 'opspilot_retention_last_run_timestamp_seconds',
      help: 'When all days that had aged were last dropped',
      labels: ['kind'],
    }),
  };
}
