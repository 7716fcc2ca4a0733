import type { PoolClient } from 'pg';
import { asId, type IncidentId, type TimelineEventId } from '../../../core/src/common/ids';
import type { Incident } from '../../../core/src/incidents/incident';
import { nextIncident } from '../../../core/src/incidents/project-incident';
import type { NewTimelineEvent, TimelineEvent } from '../../../core/src/incidents/timeline-event';
import { labelsKey } from './labels-key';
import { storableJson } from './storable-text';

/** Written from an Incident only. */
export interface IncidentRow {
  readonly projection: Incident;
}

/** Written from a TimelineEvent only. */
export interface EventRow {
  readonly incident_id: string;
  readonly position: number;
  readonly event_id: string;
  readonly at: Date;
  readonly actor: TimelineEvent['actor'];
  readonly body: TimelineEvent['body'];
}

export function toTimelineEvent(row: EventRow): TimelineEvent {
  return {
    id: asId<TimelineEventId>(row.event_id),
    incidentId: asId<IncidentId>(row.incident_id),
    atMs: row.at.getTime(),
    actor: row.actor,
    body: row.body,
  };
}

/**
 * Appends the events that the incident does not have yet and carries its projection forward by them. Everything is derived
 * from the rows as PostgreSQL gives them back, and so equals what a rebuild makes. The caller holds the incident's row lock.
 */
export async function appendEvents(
  client: PoolClient,
  incident: Incident,
  events: readonly NewTimelineEvent[],
): Promise<Incident> {
  const appended = await insertEvents(client, incident, events);
  if (appended.length === 0) return incident;
  const next = appended.reduce(nextIncident, incident);
  await saveProjection(client, next);
  await noteAlerts(client, next, appended);
  return next;
}

export async function saveProjection(client: PoolClient, incident: Incident): Promise<void> {
  await client.query(
    `UPDATE incidents SET number = $3, title = $4, status = $5, severity = $6, incident_group = $7, opened_at = $8,
       projection = $9
     WHERE project_id = $1 AND id = $2`,
    toIncidentValues(incident),
  );
}

/** project_id, id, number, title, status, severity, incident_group, opened_at, projection. */
export function toIncidentValues(incident: Incident): unknown[] {
  return [
    incident.projectId,
    incident.id,
    incident.number,
    incident.title,
    incident.status,
    incident.severity,
    incident.group,
    new Date(incident.openedAtMs),
    storableJson(incident),
  ];
}

async function insertEvents(
  client: PoolClient,
  incident: Incident,
  events: readonly NewTimelineEvent[],
): Promise<readonly TimelineEvent[]> {
  const input = events.map((event) => ({
    event_id: event.id,
    at: new Date(event.atMs).toISOString(),
    actor: event.actor,
    body: event.body,
  }));
  const { rows } = await client.query<EventRow>(
    `INSERT INTO incident_events (project_id, incident_id, event_id, at, actor, body)
     SELECT $1, $2, e.event_id, e.at, e.actor, e.body
       FROM ROWS FROM (
         jsonb_to_recordset($3::jsonb) AS (event_id text, at timestamptz, actor jsonb, body jsonb)
       ) WITH ORDINALITY AS e (event_id, at, actor, body, place)
      ORDER BY e.place
     ON CONFLICT (project_id, incident_id, event_id) DO NOTHING
     RETURNING incident_id, position, event_id, at, actor, body`,
    [incident.projectId, incident.id, storableJson(input)],
  );
  return rows.toSorted((a, b) => a.position - b.position).map(toTimelineEvent);
}

/** Remembers which incident the episodes of fired alerts belong to. The first incident keeps them. */
async function noteAlerts(
  client: PoolClient,
  incident: Incident,
  events: readonly TimelineEvent[],
): Promise<void> {
  const alerts = events.flatMap(({ body }) => (body.kind === 'alert_fired' ? [body.transition] : []));
  if (alerts.length === 0) return;
  await client.query(
    `INSERT INTO incident_alerts (project_id, incident_id, episode_id, rule_id, labels_key)
     SELECT $1, $2, a.episode_id, a.rule_id, a.labels_key
       FROM unnest($3::text[], $4::text[], $5::text[]) AS a (episode_id, rule_id, labels_key)
     ON CONFLICT DO NOTHING`,
    [
      incident.projectId,
      incident.id,
      alerts.map((alert) => alert.episodeId),
      alerts.map((alert) => alert.ruleId),
      alerts.map((alert) => labelsKey(alert.labels)),
    ],
  );
}
