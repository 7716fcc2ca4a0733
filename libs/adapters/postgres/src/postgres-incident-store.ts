import type { Pool, PoolClient } from 'pg';
import type { Transition } from '../../../core/src/alerting/rule-state';
import type { IncidentId } from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { Incident } from '../../../core/src/incidents/incident';
import {
  type IncidentFilter,
  IncidentStore,
  type OpenOutcome,
} from '../../../core/src/incidents/incident-store.port';
import { joiningEvent, openingEvents } from '../../../core/src/incidents/opening-events';
import { projectIncident, unopenedIncident } from '../../../core/src/incidents/project-incident';
import type { NewTimelineEvent, TimelineEvent } from '../../../core/src/incidents/timeline-event';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { always, type GoOn } from '../../../core/src/projects/retention';
import { decodeCursor, toPage } from './cursor';
import { onEngine } from './engine-error';
import {
  appendEvents,
  type EventRow,
  type IncidentRow,
  saveProjection,
  toIncidentValues,
  toTimelineEvent,
} from './incident-rows';
import { instantValue } from './instant-value';
import { labelsKey } from './labels-key';
import { underParent } from './missing-parent';
import { storableText } from './storable-text';
import { withTransaction } from './transaction';

const LISTED = `project_id = $1 AND ($2::text[] IS NULL OR status = ANY ($2)) AND opened_at >= $3 AND opened_at < $4`;

const RESOLVED_AT = `(i.projection ->> 'resolvedAtMs')::bigint`;
const END_UNTOLD = `i.project_id = $1 AND i.status = 'resolved' AND ${RESOLVED_AT} >= $2 AND EXISTS (
  SELECT FROM channels c
   WHERE c.project_id = i.project_id AND c.enabled AND c.created_at <= to_timestamp(${RESOLVED_AT} / 1000.0)
     AND NOT EXISTS (
       SELECT FROM incident_events e
        WHERE e.project_id = i.project_id AND e.incident_id = i.id AND e.body ->> 'about' = 'incident_resolved'
          AND e.body ->> 'channelId' = c.id AND e.body ->> 'outcome' <> 'failed_will_retry'))`;

/** Each has a timeline, and some investigations with dozens of pieces of evidence. */
const DELETED_AT_ONCE = 100;
const FORGETS_INCIDENTS = `SELECT set_config('opspilot.forgets_incidents', 'on', true)`;
/**
 * $1 project, $2 instant, $3 how many at most. An alert that still fires, or of whose change others may still hear, needs the incident that holds it:
 * without one it would open another. By ctid: one that changes meanwhile stays.
 */
const DELETE_SOME = `
  DELETE FROM incidents WHERE ctid = ANY (ARRAY(
    SELECT i.ctid FROM incidents i
     WHERE i.project_id = $1 AND i.status = 'resolved' AND i.opened_at < $2
       AND NOT EXISTS (
         SELECT FROM incident_events e WHERE e.project_id = $1 AND e.incident_id = i.id AND e.at >= $2)
       AND NOT EXISTS (
         SELECT FROM incident_alerts a JOIN rule_states s USING (project_id, rule_id, labels_key)
          WHERE a.project_id = $1 AND a.incident_id = i.id AND s.state ->> 'episodeId' = a.episode_id)
       AND NOT EXISTS (
         SELECT FROM incident_alerts a JOIN rule_transitions t USING (project_id, rule_id, labels_key, episode_id)
          WHERE a.project_id = $1 AND a.incident_id = i.id)
     LIMIT $3))`;

export class PostgresIncidentStore extends IncidentStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override openOrJoin(
    scope: ProjectScope,
    transition: Transition,
    newIncidentId: IncidentId,
  ): Promise<OpenOutcome> {
    const group = storableText(transition.incidentGroup);
    return underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      withTransaction(this.pool, async (client) => {
        await lockGroup(client, scope, group);
        const known = await findByAlert(client, scope, transition);
        if (known !== undefined) return { outcome: 'known', incident: known };
        const unresolved = await lockUnresolved(client, scope, group);
        if (unresolved !== undefined) {
          const joined = await appendEvents(client, unresolved, [joiningEvent(unresolved, transition)]);
          return { outcome: 'joined', incident: joined };
        }
        const opened = await open(client, scope, group, transition, newIncidentId);
        return { outcome: 'opened', incident: opened };
      }),
    );
  }

  override async findByEpisode(scope: ProjectScope, episodeId: string): Promise<Incident | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<IncidentRow>(
        `SELECT i.projection FROM incident_alerts a
           JOIN incidents i ON i.project_id = a.project_id AND i.id = a.incident_id
          WHERE a.project_id = $1 AND a.episode_id = $2 ORDER BY i.number DESC LIMIT 1`,
        [scope.projectId, episodeId],
      ),
    );
    return rows[0]?.projection;
  }

  override append(
    scope: ProjectScope,
    id: IncidentId,
    events: readonly NewTimelineEvent[],
    mayAppend: (incident: Incident) => boolean = () => true,
  ): Promise<Incident | undefined> {
    return onEngine(() =>
      withTransaction(this.pool, async (client) => {
        const incident = await lock(client, scope, id);
        return incident && mayAppend(incident) ? appendEvents(client, incident, events) : incident;
      }),
    );
  }

  override async find(scope: ProjectScope, id: IncidentId): Promise<Incident | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<IncidentRow>('SELECT projection FROM incidents WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        id,
      ]),
    );
    return rows[0]?.projection;
  }

  override async list(
    scope: ProjectScope,
    filter: IncidentFilter,
    page: PageRequest,
  ): Promise<Page<Incident>> {
    const before = decodeCursor(page.cursor, ['instant', 'number']);
    const filterValues = [
      scope.projectId,
      filter.statuses ?? null,
      filter.range ? new Date(filter.range.fromMs) : '-infinity',
      filter.range ? new Date(filter.range.toMs) : 'infinity',
    ];
    const { rows } = await onEngine(() =>
      this.pool.query<IncidentRow>(
        `SELECT projection FROM incidents WHERE ${LISTED} AND (opened_at, number) < ($5, $6::bigint)
          ORDER BY opened_at DESC, number DESC LIMIT $7`,
        [...filterValues, before ? new Date(before[0]) : 'infinity', before?.[1] ?? 0, page.limit + 1],
      ),
    );
    return toPage(
      rows,
      page,
      await this.count(`incidents WHERE ${LISTED}`, filterValues),
      (row) => row.projection,
      ({ projection }) => [projection.openedAtMs, projection.number],
    );
  }

  override async listEndUntold(
    scope: ProjectScope,
    resolvedSinceMs: number,
    page: PageRequest,
  ): Promise<Page<Incident>> {
    const after = decodeCursor(page.cursor, ['number', 'text']);
    const filterValues = [scope.projectId, resolvedSinceMs];
    const { rows } = await onEngine(() =>
      this.pool.query<IncidentRow & { readonly id: string; readonly resolved_at_ms: number }>(
        `SELECT i.id, i.projection, ${RESOLVED_AT} AS resolved_at_ms FROM incidents i
          WHERE ${END_UNTOLD} AND (${RESOLVED_AT}, i.id) > ($3, $4)
          ORDER BY ${RESOLVED_AT}, i.id LIMIT $5`,
        [...filterValues, after?.[0] ?? 0, after?.[1] ?? '', page.limit + 1],
      ),
    );
    return toPage(
      rows,
      page,
      await this.count(`incidents i WHERE ${END_UNTOLD}`, filterValues),
      (row) => row.projection,
      (row) => [row.resolved_at_ms, row.id],
    );
  }

  override async timeline(
    scope: ProjectScope,
    id: IncidentId,
    page: PageRequest,
  ): Promise<Page<TimelineEvent>> {
    const after = decodeCursor(page.cursor, ['number']);
    const { rows } = await onEngine(() =>
      this.pool.query<EventRow>(
        `SELECT incident_id, position, event_id, at, actor, body FROM incident_events
          WHERE project_id = $1 AND incident_id = $2 AND position > $3 ORDER BY position LIMIT $4`,
        [scope.projectId, id, after?.[0] ?? 0, page.limit + 1],
      ),
    );
    const total = await this.count('incident_events WHERE project_id = $1 AND incident_id = $2', [
      scope.projectId,
      id,
    ]);
    return toPage(rows, page, total, toTimelineEvent, (row) => [row.position]);
  }

  override async deleteBefore(
    { projectId }: ProjectScope,
    beforeMs: number,
    goOn: GoOn = always,
  ): Promise<number> {
    const values = [projectId, instantValue(beforeMs), DELETED_AT_ONCE];
    for (let deleted = 0; ;) {
      const count = await onEngine(() =>
        withTransaction(this.pool, async (client) => {
          await client.query(FORGETS_INCIDENTS);
          return (await client.query(DELETE_SOME, values)).rowCount ?? 0;
        }),
      );
      deleted += count;
      if (!(await goOn(count)) || count < DELETED_AT_ONCE) return deleted;
    }
  }

  override rebuild(scope: ProjectScope, id: IncidentId): Promise<Incident | undefined> {
    return onEngine(() =>
      withTransaction(this.pool, async (client) => {
        if ((await lock(client, scope, id)) === undefined) return undefined;
        const { rows } = await client.query<EventRow>(
          `SELECT incident_id, position, event_id, at, actor, body FROM incident_events
            WHERE project_id = $1 AND incident_id = $2 ORDER BY position`,
          [scope.projectId, id],
        );
        const incident = projectIncident(scope.projectId, id, rows.map(toTimelineEvent));
        await saveProjection(client, incident);
        return incident;
      }),
    );
  }

  /** @param from SQL: the table and which of its rows */
  private async count(from: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await onEngine(() =>
      this.pool.query<{ total: number }>(`SELECT count(*) AS total FROM ${from}`, [...values]),
    );
    return rows[0]?.total ?? 0;
  }
}

/**
 * One opener a group at a time, until the transaction ends. The unique index would refuse a second incident as well, but
 * as an error; this way the second opener finds the first one's incident and joins it.
 */
async function lockGroup(client: PoolClient, scope: ProjectScope, group: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    JSON.stringify(['incident_group', scope.projectId, group]),
  ]);
}

async function findByAlert(
  client: PoolClient,
  scope: ProjectScope,
  transition: Transition,
): Promise<Incident | undefined> {
  const { rows } = await client.query<IncidentRow>(
    `SELECT i.projection FROM incident_alerts a
       JOIN incidents i ON i.project_id = a.project_id AND i.id = a.incident_id
      WHERE a.project_id = $1 AND a.episode_id = $2 AND a.rule_id = $3 AND a.labels_key = $4`,
    [scope.projectId, transition.episodeId, transition.ruleId, labelsKey(transition.labels)],
  );
  return rows[0]?.projection;
}

/** Waits for whoever changes the incident; where it got resolved meanwhile, there is none. */
async function lockUnresolved(
  client: PoolClient,
  scope: ProjectScope,
  group: string,
): Promise<Incident | undefined> {
  const { rows } = await client.query<IncidentRow>(
    `SELECT projection FROM incidents
      WHERE project_id = $1 AND incident_group = $2 AND status <> 'resolved' FOR UPDATE`,
    [scope.projectId, group],
  );
  return rows[0]?.projection;
}

async function lock(client: PoolClient, scope: ProjectScope, id: IncidentId): Promise<Incident | undefined> {
  const { rows } = await client.query<IncidentRow>(
    'SELECT projection FROM incidents WHERE project_id = $1 AND id = $2 FOR UPDATE',
    [scope.projectId, id],
  );
  return rows[0]?.projection;
}

async function open(
  client: PoolClient,
  scope: ProjectScope,
  group: string,
  transition: Transition,
  id: IncidentId,
): Promise<Incident> {
  const number = await nextNumber(client, scope);
  // Events refer to the incident's row, so it comes first, as what it is before any event.
  const unopened = { ...unopenedIncident(scope.projectId, id), number, group };
  await client.query(
    `INSERT INTO incidents (project_id, id, number, title, status, severity, incident_group, opened_at, projection)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    toIncidentValues(unopened),
  );
  return appendEvents(client, unopened, openingEvents(id, number, transition));
}

async function nextNumber(client: PoolClient, scope: ProjectScope): Promise<number> {
  const { rows } = await client.query<{ last_number: number }>(
    `INSERT INTO incident_numbers AS stored (project_id, last_number) VALUES ($1, 1)
     ON CONFLICT (project_id) DO UPDATE SET last_number = stored.last_number + 1
     RETURNING last_number`,
    [scope.projectId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('an upsert with RETURNING gave no row');
  return row.last_number;
}
