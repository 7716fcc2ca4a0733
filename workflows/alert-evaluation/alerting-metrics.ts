import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type AlertingMetrics = ReturnType<typeof createAlertingMetrics>;

/** What operators watch about the evaluation of rules. */
export function createAlertingMetrics(metrics: AppMetrics) {
  return {
    evaluations: metrics.counter({
      name: 'opspilot_rule_evaluations_total',
      help: 'Rules judged, once for each instant',
    }),
    transitions: metrics.counter({
      name: 'opspilot_alert_transitions_total',
      help: 'Alerts that fired or resolved',
      labels: ['kind'],
    }),
    failedProjects: metrics.counter({
      name: 'opspilot_alert_project_failures_total',
      help: 'Evaluations of a project that failed and are made up for later',
    }),
    requested: metrics.counter({
      name: 'opspilot_requested_evaluations_total',
      help: 'Evaluations that did not wait for the schedule, by who asked and what became of them: evaluated, failed',
      labels: ['origin', 'outcome'],
    }),
    givenUp: metrics.counter({
      name: 'opspilot_alert_missed_instants_total',
      help: 'Instants missed longer ago than ALERT_CATCH_UP_MINUTES, and never evaluated',
    }),
    lateness: metrics.histogram({
      name: 'opspilot_alert_evaluation_lateness_seconds',
      help: 'Time from the instant that a tick stands for to the end of its evaluation',
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
    }),
    seconds: metrics.histogram({
      name: 'opspilot_alert_shard_evaluation_seconds',
      help: 'Time to evaluate one shard at one tick',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
    }),
  };
}
