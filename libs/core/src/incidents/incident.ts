import type { AlertLabels } from '../alerting/rule-state';
import type { Severity } from '../alerting/rule';
import type { IncidentId, InvestigationId, ProjectId, RuleId } from '../common/ids';

export const INCIDENT_STATUSES = ['open', 'acknowledged', 'resolved'] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];

/** An alert as the incident sees it. */
export interface IncidentAlert {
  readonly ruleId: RuleId;
  readonly ruleName: string;
  readonly episodeId: string;
  readonly labels: AlertLabels;
  readonly severity: Severity;
  readonly serviceName?: string;
  /** Name of the runbook that the rule named when it fired. */
  readonly runbook?: string;
  readonly firedAtMs: number;
  readonly resolvedAtMs?: number;
}

/**
 * Alerts of an incident that are over and are remembered, the newest: one that flaps for days beside one that goes on firing would make
 * ever more of them, and each change writes all. The timeline tells of all that there were.
 */
export const ENDED_ALERTS_MAX = 1000;

/** Something a person must handle. A projection of its timeline: projectIncident rebuilds it from the events. */
export interface Incident {
  readonly id: IncidentId;
  readonly projectId: ProjectId;
  /** Counts up within the project, for people to say. */
  readonly number: number;
  readonly title: string;
  readonly status: IncidentStatus;
  /** The worst of its alerts so far. */
  readonly severity: Severity;
  readonly group: string;
  /** Services its alerts name, in order of firing. */
  readonly services: readonly string[];
  readonly alerts: readonly IncidentAlert[];
  /** How many alerts it had besides: all are over, and older than those. Absent where there were none. */
  readonly alertsOmitted?: number;
  readonly openedAtMs: number;
  readonly acknowledgedAtMs?: number;
  readonly acknowledgedBy?: string;
  readonly resolvedAtMs?: number;
  readonly resolvedBy?: string;
  readonly lastInvestigationId?: InvestigationId;
  /** One sentence of the last finished investigation. */
  readonly summary?: string;
}
