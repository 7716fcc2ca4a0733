import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type NotificationMetrics = ReturnType<typeof createNotificationMetrics>;

/** What operators watch about notifications. */
export function createNotificationMetrics(metrics: AppMetrics) {
  return {
    attempts: metrics.counter({
      name: 'opspilot_notification_attempts_total',
      help: 'Attempts at notifying a channel, by outcome: delivered, failed_retryable, failed_for_good',
      labels: ['outcome'],
    }),
  };
}
