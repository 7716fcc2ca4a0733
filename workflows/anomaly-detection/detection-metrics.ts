import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type DetectionMetrics = ReturnType<typeof createDetectionMetrics>;

/** What operators watch about anomaly detection. */
export function createDetectionMetrics(metrics: AppMetrics) {
  return {
    series: metrics.counter({
      name: 'opspilot_anomaly_series_judged_total',
      help: 'Series whose new values were judged, log patterns among them, once for each run',
    }),
    anomalies: metrics.counter({
      name: 'opspilot_anomalies_found_total',
      help: 'Values that anomaly detection found abnormal',
    }),
    states: metrics.counter({
      name: 'opspilot_anomaly_states_saved_total',
      help: 'States of series saved, from which the next run goes on',
    }),
    waiting: metrics.counter({
      name: 'opspilot_anomaly_series_postponed_total',
      help: 'Times that a series without a state was left to a later run, because many had none',
    }),
    leftOut: metrics.counter({
      name: 'opspilot_anomaly_limit_reached_total',
      help: 'Runs that found as many series as ANOMALY_MAX_SERIES: more may have been left out',
    }),
  };
}
