import { z } from 'zod';
import { SEVERITIES } from '../../core/src/alerting/rule';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import {
  ENDED_ALERTS_MAX,
  INCIDENT_STATUSES,
  type Incident,
  type IncidentAlert,
} from '../../core/src/incidents/incident';
import type { IncidentFilter } from '../../core/src/incidents/incident-store.port';
import { field, pageFields, rangeFields, text, toTimeRange, toTotals, totals } from './common.contract';

const STATUSES_ALLOWED = INCIDENT_STATUSES.join(', ');

const statuses = field(
  z.string().min(1).max(100),
  `Only incidents in these states: ${STATUSES_ALLOWED}; several separated by commas`,
  'open,acknowledged',
).transform((written, context) => {
  const names = written.split(',').map((each) => each.trim().toLowerCase());
  const known = names.flatMap((each) => INCIDENT_STATUSES.find((status) => status === each) ?? []);
  if (known.length === names.length) return known;
  context.addIssue({
    code: 'custom',
    message: 'has an unknown status',
    params: { allowed: STATUSES_ALLOWED },
  });
  return z.NEVER;
});

export const incidentListParameters = z.strictObject({
  status: statuses.optional(),
  ...rangeFields,
  ...pageFields,
});

export const incidentCommandRequest = z.strictObject({
  comment: field(text(10_000), 'Why, for the timeline', 'rolling back 2.4.1').optional(),
});
export const incidentCommentRequest = z.strictObject({
  text: field(text(10_000), 'What to note on the timeline', 'the database has 97 of 100 connections'),
});

/** Without start_time and end_time, incidents of any time. */
export function toIncidentFilter(
  written: z.output<typeof incidentListParameters>,
  nowMs: number,
): IncidentFilter {
  const names = written.start_time !== undefined || written.end_time !== undefined;
  return {
    ...(written.status !== undefined && { statuses: written.status }),
    ...(names && { range: toTimeRange(written, nowMs) }),
  };
}

const instant = (description: string) => field(z.string(), description, '2026-01-15T12:00:00.000Z');

const incidentAlertResponse = z.object({
  rule_id: field(z.string(), 'The rule that fired', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
  rule_name: field(z.string(), 'Its name then', 'checkout is slow'),
  labels: field(z.record(z.string(), z.string()), 'Which alert of the rule', { service_name: 'checkout' }),
  severity: field(z.enum(SEVERITIES), 'How bad it is', 'critical'),
  service_name: field(z.string(), 'The service that it is about', 'checkout').optional(),
  runbook: field(z.string(), 'The runbook that its rule named', 'db-pool-exhausted').optional(),
  runbook_url: field(z.string(), 'Where that runbook is', '/api/runbooks/db-pool-exhausted').optional(),
  fired_at: instant('When it fired'),
  resolved_at: instant('When it was over').optional(),
});

export const incidentResponse = z
  .object({
    id: field(z.string(), 'Id of the incident', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
    number: field(z.int(), 'Counts up within the project, for people to say', 7),
    title: field(z.string(), 'What is wrong', 'checkout is slow: checkout'),
    status: field(z.enum(INCIDENT_STATUSES), 'Where it stands', 'open'),
    severity: field(z.enum(SEVERITIES), 'The worst of its alerts so far', 'critical'),
    group: field(z.string(), 'Alerts of this group join it', 'default'),
    services: field(z.array(z.string()), 'Services that its alerts name, in order of firing', ['checkout']),
    alerts: field(
      z.array(incidentAlertResponse),
      `Its alerts: all that are not over, and the newest ${ENDED_ALERTS_MAX} that are`,
      [],
    ),
    alerts_omitted: field(
      z.int(),
      'How many alerts it had besides, all of them over; its timeline tells of them',
      12,
    ).optional(),
    opened_at: instant('When it was opened'),
    acknowledged_at: instant('When someone took it').optional(),
    acknowledged_by: field(z.string(), 'Who took it', 'laptop').optional(),
    resolved_at: instant('When it was resolved').optional(),
    resolved_by: field(z.string(), 'Who resolved it', 'laptop').optional(),
    last_investigation_id: field(
      z.string(),
      'Its latest investigation',
      '9d2b6f0e-1111-4c1e-8a55-9a1b2c3d4e5f',
    ).optional(),
    summary: field(
      z.string(),
      'One sentence of the last finished investigation',
      'checkout 2.4.1 leads the ranking',
    ).optional(),
  })
  .meta({ id: 'Incident' });

export const incidentListResponse = z.object({
  incidents: field(z.array(incidentResponse), 'The newest first', []),
  ...totals,
});

function toAlertResponse(alert: IncidentAlert) {
  return {
    rule_id: alert.ruleId,
    rule_name: alert.ruleName,
    labels: alert.labels,
    severity: alert.severity,
    ...(alert.serviceName !== undefined && { service_name: alert.serviceName }),
    ...(alert.runbook !== undefined && {
      runbook: alert.runbook,
      runbook_url: `/api/runbooks/${alert.runbook}`,
    }),
    fired_at: toIso(alert.firedAtMs),
    ...(alert.resolvedAtMs !== undefined && { resolved_at: toIso(alert.resolvedAtMs) }),
  };
}

export function toIncidentResponse(incident: Incident) {
  return {
    id: incident.id,
    number: incident.number,
    title: incident.title,
    status: incident.status,
    severity: incident.severity,
    group: incident.group,
    services: incident.services,
    alerts: incident.alerts.map(toAlertResponse),
    ...(incident.alertsOmitted !== undefined && { alerts_omitted: incident.alertsOmitted }),
    opened_at: toIso(incident.openedAtMs),
    ...(incident.acknowledgedAtMs !== undefined && { acknowledged_at: toIso(incident.acknowledgedAtMs) }),
    ...(incident.acknowledgedBy !== undefined && { acknowledged_by: incident.acknowledgedBy }),
    ...(incident.resolvedAtMs !== undefined && { resolved_at: toIso(incident.resolvedAtMs) }),
    ...(incident.resolvedBy !== undefined && { resolved_by: incident.resolvedBy }),
    ...(incident.lastInvestigationId !== undefined && {
      last_investigation_id: incident.lastInvestigationId,
    }),
    ...(incident.summary !== undefined && { summary: incident.summary }),
  };
}

export function toIncidentListResponse(page: Page<Incident>) {
  return { incidents: page.items.map(toIncidentResponse), ...toTotals(page) };
}
