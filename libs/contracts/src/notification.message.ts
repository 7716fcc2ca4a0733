import { toIso } from '../../core/src/common/time-range';
import type { Notification } from '../../core/src/notify/notifier.port';

/** The body of a webhook delivery. Fields are added, never renamed or removed. */
export interface NotificationMessage {
  /** The same for every attempt and channel of one message: a receiver that has seen it can drop the repeat. */
  readonly notification_id: string;
  readonly about: 'incident_opened' | 'severity_raised' | 'incident_resolved';
  /** Counts the messages about the incident, from 1: one that had to be tried again arrives after later ones. */
  readonly sequence: number;
  readonly incident: {
    readonly id: string;
    /** Counts up within the project. */
    readonly number: number;
    readonly project_id: string;
    readonly title: string;
    readonly status: 'open' | 'acknowledged' | 'resolved';
    readonly severity: 'info' | 'warning' | 'critical';
    readonly services: readonly string[];
    readonly opened_at: string;
    readonly acknowledged_at?: string;
    readonly acknowledged_by?: string;
    readonly resolved_at?: string;
    readonly resolved_by?: string;
    /** One sentence of the last finished investigation, where there is one. */
    readonly summary?: string;
    readonly alerts: readonly {
      readonly rule_id: string;
      readonly rule_name: string;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly service_name?: string;
      /** What to do about it, where the rule names a runbook: its name, and where it is. */
      readonly runbook?: string;
      readonly runbook_url?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly fired_at: string;
      readonly resolved_at?: string;
    }[];
  };
  /** Where a person can look at the incident. */
  readonly incident_url: string;
  readonly sent_at: string;
}

/** An incident of hundreds of alerts still fits a chat tool's limits. */
const MAX_ALERTS = 50;

export function toNotificationMessage(notification: Notification): NotificationMessage {
  const { incident } = notification;
  return {
    notification_id: notification.notificationId,
    about: notification.about,
    sequence: notification.sequence,
    incident: {
      id: incident.id,
      number: incident.number,
      project_id: incident.projectId,
      title: incident.title,
      status: incident.status,
      severity: incident.severity,
      services: incident.services,
      opened_at: toIso(incident.openedAtMs),
      ...instant('acknowledged_at', incident.acknowledgedAtMs),
      ...(incident.acknowledgedBy === undefined ? {} : { acknowledged_by: incident.acknowledgedBy }),
      ...instant('resolved_at', incident.resolvedAtMs),
      ...(incident.resolvedBy === undefined ? {} : { resolved_by: incident.resolvedBy }),
      ...(incident.summary === undefined ? {} : { summary: incident.summary }),
      alerts: incident.alerts.slice(0, MAX_ALERTS).map((alert) => ({
        rule_id: alert.ruleId,
        rule_name: alert.ruleName,
        severity: alert.severity,
        ...(alert.serviceName === undefined ? {} : { service_name: alert.serviceName }),
        ...(alert.runbook === undefined
          ? {}
          : { runbook: alert.runbook, runbook_url: `${notification.runbooksUrl}/${alert.runbook}` }),
        labels: alert.labels,
        fired_at: toIso(alert.firedAtMs),
        ...instant('resolved_at', alert.resolvedAtMs),
      })),
    },
    incident_url: notification.incidentUrl,
    sent_at: toIso(notification.sentAtMs),
  };
}

function instant<Name extends string>(
  name: Name,
  atMs: number | undefined,
): { readonly [key in Name]?: string } {
  return (atMs === undefined ? {} : { [name]: toIso(atMs) }) as { readonly [key in Name]?: string };
}
