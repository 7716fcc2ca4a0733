import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { incidentStoreConformance } from '../../../conformance/src/incident-store.conformance';
import { transitionOf } from '../../../conformance/src/rule-of';
import { asId, type IncidentId } from '../../../core/src/common/ids';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { encodeCursor } from './cursor';
import { PostgresIncidentStore } from './postgres-incident-store';

incidentStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresIncidentStore(catalog.pool) };
});

describe('the tables of incidents', () => {
  let catalog: Catalog;
  let scope: ProjectScope;
  const id = asId<IncidentId>('incident');

  beforeAll(async () => {
    catalog = await startCatalog();
    scope = await catalog.newScope();
    await new PostgresIncidentStore(catalog.pool).openOrJoin(scope, transitionOf(scope), id);
  });
  afterAll(() => catalog.end());

  it.each([
    `UPDATE incident_events SET event_id = 'x'`,
    `UPDATE incident_events SET body = body`,
    `DELETE FROM incident_events`,
    `TRUNCATE incident_events`,
    `TRUNCATE incidents CASCADE`,
    `DELETE FROM incidents`,
    `SELECT set_config('opspilot.forgets_incidents', 'on', true); DELETE FROM incident_events`,
  ])('refuse to rewrite history: %s', async (statement) => {
    await expect(catalog.pool.query(statement)).rejects.toThrow('incident_events is append only');
  });

  it('refuse a second unresolved incident of a group, whoever writes it', async () => {
    const insert = `INSERT INTO incidents (project_id, id, number, title, status, severity, incident_group, opened_at, projection)
      SELECT project_id, 'other', 2, title, 'acknowledged', severity, incident_group, opened_at, projection FROM incidents`;
    await expect(catalog.pool.query(insert)).rejects.toThrow('incidents_one_unresolved_per_group');
  });

  it('give the same row back when a lost projection is rebuilt', async () => {
    const store = new PostgresIncidentStore(catalog.pool);
    const row = async (): Promise<unknown> => (await catalog.pool.query('SELECT * FROM incidents')).rows[0];
    const before = await row();
    await catalog.pool.query(`UPDATE incidents SET title = '', severity = 'info', projection = '{}'`);
    expect(await store.rebuild(scope, id)).toStrictEqual(await store.find(scope, id));
    expect(await row()).toStrictEqual(before);
  });

  it('are listed behind a cursor whose number no incident can have', async () => {
    const store = new PostgresIncidentStore(catalog.pool);
    const { items } = await store.list(scope, {}, { limit: 1 });
    const cursor = encodeCursor([items[0]?.openedAtMs ?? 0, Number.MAX_SAFE_INTEGER]);
    expect((await store.list(scope, {}, { limit: 1, cursor })).items).toStrictEqual(items);
  });

  it('go away with their project', async () => {
    await catalog.pool.query('DELETE FROM projects WHERE id = $1', [scope.projectId]);
    for (const table of ['incidents', 'incident_events', 'incident_alerts', 'incident_numbers']) {
      expect((await catalog.pool.query(`SELECT 1 FROM ${table}`)).rowCount).toBe(0);
    }
  });
});
