import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type ClusteringMetrics = ReturnType<typeof createClusteringMetrics>;

/** What operators watch about log clustering. */
export function createClusteringMetrics(metrics: AppMetrics) {
  return {
    fingerprints: metrics.counter({
      name: 'opspilot_log_fingerprints_learned_total',
      help: 'Fingerprints that came into a pattern catalogue',
    }),
    patterns: metrics.counter({
      name: 'opspilot_log_patterns_learned_total',
      help: 'Log patterns that came into a catalogue',
    }),
    changes: metrics.counter({
      name: 'opspilot_log_pattern_changes_total',
      help: 'Log patterns found to be new, gone or surging',
      labels: ['kind'],
    }),
  };
}
