import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client';

const POLL_MS = 1000;

export interface TimelineEntry {
  readonly at: string;
  readonly kind: string;
  readonly text: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RankedHypothesis {
  readonly rank: number;
  readonly service_name: string;
  readonly cause_kind: string;
  readonly signal: string;
  readonly score: number;
  readonly support: readonly { readonly evidence: string; readonly why: string; readonly weight: number }[];
}

export interface IncidentReport {
  readonly incidentId: string;
  readonly number: number;
  readonly title: string;
  readonly status: string;
  readonly investigationId: string;
  readonly timeline: readonly TimelineEntry[];
  readonly summary: readonly { readonly text: string; readonly cites: readonly string[] }[];
  readonly ranking: readonly RankedHypothesis[];
}

interface ListedIncident {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly status: string;
  readonly group: string;
}

/** The incidents of one group, newest first. */
export async function incidentsOf(api: ApiClient, group: string): Promise<readonly ListedIncident[]> {
  const { incidents } = await api.get<{ incidents: readonly ListedIncident[] }>('/api/incidents?limit=100');
  return incidents.filter((incident) => incident.group === group);
}

/** Waits for the group's incident with a finished investigation and a delivered notification; undefined when it is over before. */
export async function watchForReport(
  api: ApiClient,
  group: string,
  isOver: () => boolean,
): Promise<IncidentReport | undefined> {
  while (!isOver()) {
    const [incident] = await incidentsOf(api, group);
    const report = incident === undefined ? undefined : await readReport(api, incident);
    if (report !== undefined) return report;
    await delay(POLL_MS);
  }
  return undefined;
}

async function readReport(api: ApiClient, incident: ListedIncident): Promise<IncidentReport | undefined> {
  const { events } = await api.get<{ events: readonly TimelineEntry[] }>(
    `/api/incidents/${incident.id}/timeline?limit=500`,
  );
  const finished = events.find(({ kind }) => kind === 'investigation_finished');
  const notified = events.some(
    ({ kind, details }) => kind === 'notification_attempted' && details['outcome'] === 'delivered',
  );
  if (finished === undefined || !notified) return undefined;
  const investigationId = String(finished.details['investigation_id']);
  const { report } = await api.get<{ report: Pick<IncidentReport, 'summary' | 'ranking'> }>(
    `/api/investigations/${investigationId}`,
  );
  return {
    incidentId: incident.id,
    number: incident.number,
    title: incident.title,
    status: incident.status,
    investigationId,
    timeline: events,
    summary: report.summary,
    ranking: report.ranking,
  };
}
