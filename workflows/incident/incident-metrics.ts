import type { AppMetrics } from '../../libs/observability/src/app-metrics';

export type IncidentMetrics = ReturnType<typeof createIncidentMetrics>;

/** What operators watch about incidents. */
export function createIncidentMetrics(metrics: AppMetrics) {
  return {
    fired: metrics.counter({
      name: 'opspilot_incident_alerts_total',
      help: 'Fired alerts that were handed over, by what they did: opened an incident, joined one, known already',
      labels: ['outcome'],
    }),
    resumed: metrics.counter({
      name: 'opspilot_incidents_resumed_total',
      help: 'What Temporal had lost and was taken up again: transitions that no incident had heard of, incidents and investigations without a workflow',
      labels: ['what'],
    }),
  };
}
