import { labelsText } from '../alerting/labels-text';
import { SEVERITIES, type Severity } from '../alerting/rule';
import type { Transition } from '../alerting/rule-state';
import type { IncidentId, ProjectId } from '../common/ids';
import { ENDED_ALERTS_MAX, type Incident, type IncidentAlert } from './incident';
import { nameOfActor, type TimelineEvent } from './timeline-event';

/** What an incident is before any of its events: where the projection begins. */
export function unopenedIncident(projectId: ProjectId, id: IncidentId): Incident {
  return {
    id,
    projectId,
    number: 0,
    title: '',
    status: 'open',
    severity: 'info',
    group: '',
    services: [],
    alerts: [],
    openedAtMs: 0,
  };
}

/**
 * The incident that its timeline tells of. Folding events one by one with nextIncident gives the same, so a stored
 * projection can be carried forward. Given one alert_fired an alert (their event ids see to that), alerts (up to ENDED_ALERTS_MAX), severity, status,
 * acknowledgement and resolution do not depend on the order of the events: the earliest count. Of investigations the
 * one appended last counts.
 */
export function projectIncident(
  projectId: ProjectId,
  id: IncidentId,
  events: readonly TimelineEvent[],
): Incident {
  return events.reduce(nextIncident, unopenedIncident(projectId, id));
}

/** The incident after one more event. Defined for every event in every state; one that tells nothing new changes nothing. */
export function nextIncident(incident: Incident, event: TimelineEvent): Incident {
  const { body } = event;
  switch (body.kind) {
    case 'incident_opened':
      return {
        ...incident,
        number: body.number,
        title: body.title,
        group: body.group,
        openedAtMs: event.atMs,
      };
    case 'alert_fired':
      return withAlert(incident, firedAlert(incident, body.transition));
    case 'alert_resolved':
      return withAlert(incident, resolvedAlert(incident, body.transition));
    case 'acknowledged':
      return withAcknowledgement(incident, event);
    case 'resolved':
      return withResolution(incident, event);
    case 'investigation_started':
      return { ...incident, lastInvestigationId: body.investigationId };
    case 'investigation_finished':
      return {
        ...incident,
        lastInvestigationId: incident.lastInvestigationId ?? body.investigationId,
        summary: body.summary,
      };
    case 'investigation_failed':
    case 'notification_attempted':
    case 'notification_skipped':
    case 'commented':
      return incident;
    default:
      return asForeignKind(incident, body);
  }
}

/** A kind that a later release added: this release shows it on the timeline and projects around it. */
function asForeignKind(incident: Incident, _body: never): Incident {
  return incident;
}

function withAcknowledgement(incident: Incident, event: TimelineEvent): Incident {
  const by = nameOfActor(event.actor);
  if (isEarlier(incident.acknowledgedAtMs, incident.acknowledgedBy, event.atMs, by)) return incident;
  const status = incident.resolvedAtMs === undefined ? 'acknowledged' : 'resolved';
  return { ...incident, status, acknowledgedAtMs: event.atMs, acknowledgedBy: by };
}

function withResolution(incident: Incident, event: TimelineEvent): Incident {
  const by = nameOfActor(event.actor);
  if (isEarlier(incident.resolvedAtMs, incident.resolvedBy, event.atMs, by)) return incident;
  return { ...incident, status: 'resolved', resolvedAtMs: event.atMs, resolvedBy: by };
}

/** Names decide between equal instants only so that the answer is one and the same. */
function isEarlier(
  knownAtMs: number | undefined,
  knownBy: string | undefined,
  atMs: number,
  by: string,
): boolean {
  if (knownAtMs === undefined || knownBy === undefined) return false;
  return knownAtMs < atMs || (knownAtMs === atMs && knownBy <= by);
}

function firedAlert(incident: Incident, transition: Transition): IncidentAlert {
  const known = findAlert(incident, transition);
  const alert = toAlert(transition, transition.evaluatedAtMs);
  // The fired transition describes the alert best, so it replaces what a resolution that came first had made of it.
  return known?.resolvedAtMs === undefined ? alert : { ...alert, resolvedAtMs: known.resolvedAtMs };
}

function resolvedAlert(incident: Incident, transition: Transition): IncidentAlert {
  // Without its alert_fired, the beginning of the breach is all that tells when it fired.
  const alert = findAlert(incident, transition) ?? toAlert(transition, transition.sinceMs);
  return {
    ...alert,
    resolvedAtMs: Math.min(alert.resolvedAtMs ?? transition.evaluatedAtMs, transition.evaluatedAtMs),
  };
}

function toAlert(transition: Transition, firedAtMs: number): IncidentAlert {
  return {
    ruleId: transition.ruleId,
    ruleName: transition.ruleName,
    episodeId: transition.episodeId,
    labels: transition.labels,
    severity: transition.severity,
    ...(transition.serviceName !== undefined && { serviceName: transition.serviceName }),
    ...(transition.runbook !== undefined && { runbook: transition.runbook }),
    firedAtMs,
  };
}

function findAlert(incident: Incident, transition: Transition): IncidentAlert | undefined {
  return incident.alerts.find((alert) => isSameAlert(alert, transition));
}

type AlertIdentity = Pick<IncidentAlert, 'ruleId' | 'episodeId' | 'labels'>;

function isSameAlert(one: AlertIdentity, other: AlertIdentity): boolean {
  return compareIdentity(one, other) === 0;
}

function withAlert(incident: Incident, alert: IncidentAlert): Incident {
  const others = incident.alerts.filter((other) => !isSameAlert(other, alert));
  const all = [...others, alert].sort((a, b) => a.firedAtMs - b.firedAtMs || compareIdentity(a, b));
  const alerts = withoutOldestEnded(all);
  const alertsOmitted = (incident.alertsOmitted ?? 0) + all.length - alerts.length;
  if (alertsOmitted === 0)
    return { ...incident, alerts, services: servicesOf(alerts), severity: worstOf(alerts) };
  return {
    ...incident,
    alerts,
    alertsOmitted,
    services: [...new Set([...incident.services, ...servicesOf(all)])],
    severity: worstOf([...all, incident]),
  };
}

function withoutOldestEnded(alerts: readonly IncidentAlert[]): readonly IncidentAlert[] {
  const ended = alerts.filter(({ resolvedAtMs }) => resolvedAtMs !== undefined);
  const omitted = new Set(ended.slice(0, Math.max(0, ended.length - ENDED_ALERTS_MAX)));
  return alerts.filter((alert) => !omitted.has(alert));
}

function compareIdentity(one: AlertIdentity, other: AlertIdentity): number {
  return (
    compareText(one.ruleId, other.ruleId) ||
    compareText(one.episodeId, other.episodeId) ||
    compareText(labelsText(one.labels), labelsText(other.labels))
  );
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function servicesOf(alerts: readonly IncidentAlert[]): readonly string[] {
  return [...new Set(alerts.flatMap((alert) => alert.serviceName ?? []))];
}

function worstOf(those: readonly { readonly severity: Severity }[]): Severity {
  return those
    .map(({ severity }) => severity)
    .reduce<Severity>((worst, severity) => (rank(severity) > rank(worst) ? severity : worst), 'info');
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
