import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type InvestigationMetrics = ReturnType<typeof createInvestigationMetrics>;

/** What operators watch about investigations. */
export function createInvestigationMetrics(metrics: AppMetrics) {
  return {
    ended: metrics.counter({
      name: 'opspilot_investigations_total',
      help: 'Investigations that ended, by how: finished, failed, cancelled',
      labels: ['status'],
    }),
    seconds: metrics.histogram({
      name: 'opspilot_investigation_seconds',
      help: 'Time from the start of an investigation to its report',
      buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
    }),
  };
}
