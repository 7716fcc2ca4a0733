import { randomUUID } from 'node:crypto';
import {
  asId,
  type EvidenceId,
  type IncidentId,
  type InvestigationId,
  type TimelineEventId,
} from '../../core/src/common/ids';
import type { IncidentStore } from '../../core/src/incidents/incident-store.port';
import type { Evidence } from '../../core/src/investigation/evidence';
import type { Investigation } from '../../core/src/investigation/investigation';
import type { InvestigationStore } from '../../core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectMalformedCursorRefused, readAllPages } from './paging';
import { transitionOf } from './rule-of';

const T0 = 1_700_000_000_123;

/** What every InvestigationStore promises. `incidents` is where their incidents live. */
export function investigationStoreConformance(
  name: string,
  start: () => Promise<
    CatalogEngine<InvestigationStore> & {
      readonly incidents: IncidentStore;
    }
  >,
): void {
  describe(`InvestigationStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;
    let theirs: ProjectScope;
    let incidentId: IncidentId;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      [mine, theirs] = [await engine.newScope(), await engine.newScope()];
      incidentId = await newIncident(mine);
    });
    afterAll(() => engine.end());

    const newIncident = async (scope: ProjectScope): Promise<IncidentId> => {
      const id = asId<IncidentId>(randomUUID());
      return (await engine.incidents.openOrJoin(scope, transitionOf(scope, { incidentGroup: id }), id))
        .incident.id;
    };
    const investigationOf = (change: Partial<Investigation> = {}): Investigation => ({
      id: asId<InvestigationId>(randomUUID()),
      projectId: mine.projectId,
      incidentId,
      status: 'running',
      requestedBy: 'opspilot',
      startedAtMs: T0,
      ...change,
    });
    const create = async (change: Partial<Investigation> = {}): Promise<Investigation> => {
      const investigation = investigationOf(change);
      await engine.store.create(mine, investigation);
      return investigation;
    };
    const evidenceOf = (
      investigation: Investigation,
      label: string,
      change: Partial<Evidence> = {},
    ): Evidence => ({
      id: asId<EvidenceId>(randomUUID()),
      investigationId: investigation.id,
      label,
      kind: 'metric_move',
      summary: 'db_connections rose from 12 to 97',
      query: '/api/metrics/query?metric_name=db_connections&from=1',
      result: {
        points: [
          [1, 12.5],
          [2, 97],
        ],
        note: null,
      },
      observedAtMs: T0 + 5,
      ...change,
    });
    const finished: Partial<Investigation> = {
      status: 'finished',
      finishedAtMs: T0 + 9000,
      scope: { incident: { fromMs: 2, toMs: 3 }, baseline: { fromMs: 1, toMs: 2 }, services: ['checkout'] },
      report: {
        summary: [{ text: 'a leak', cites: ['E1'], conjecture: false }],
        ranking: [
          {
            rank: 1,
            serviceName: 'checkout',
            causeKind: 'deploy',
            signal: 'deploy 1.4.2',
            score: 0.61,
            onsetAtMs: T0,
            support: [{ evidence: 'E1', kind: 'change', weight: 0.4, why: 'deployed 30 s before' }],
          },
        ],
        writtenBy: 'statistics',
        algorithm: 'rank-root-causes',
        algorithmVersion: '1',
      },
    };

    it('gives back a running and a finished investigation as they were written', async () => {
      const running = await create();
      expect(await engine.store.find(mine, running.id)).toStrictEqual(running);
      const done = { ...running, ...finished };
      await engine.store.update(mine, done);
      expect(await engine.store.find(mine, running.id)).toStrictEqual(done);
    });

    it('leaves an investigation as it is when it is created again', async () => {
      const investigation = await create();
      await engine.store.update(mine, { ...investigation, ...finished });
      await engine.store.create(mine, investigation);
      expect(await engine.store.find(mine, investigation.id)).toMatchObject({ status: 'finished' });
    });

    it('replaces everything but ids and start', async () => {
      const investigation = await create(finished);
      const failed = investigationOf({ id: investigation.id, status: 'failed', failure: 'cancelled by ada' });
      await engine.store.update(mine, { ...failed, startedAtMs: 1 });
      expect(await engine.store.find(mine, investigation.id)).toStrictEqual(failed);
    });

    it('says what is missing: the incident of a new one, the one to update, the one of the evidence', async () => {
      const orphan = investigationOf({ incidentId: await newIncident(theirs) });
      const found = { kind: 'not_found' };
      await expect(engine.store.create(mine, orphan)).rejects.toMatchObject({
        ...found,
        code: 'OPS_INCIDENT_NOT_FOUND',
      });
      const missing = { ...found, code: 'OPS_INVESTIGATION_NOT_FOUND' };
      await expect(engine.store.update(mine, orphan)).rejects.toMatchObject(missing);
      await expect(engine.store.addEvidence(mine, [evidenceOf(orphan, 'E1')])).rejects.toMatchObject(missing);
    });

    it('lists the investigations of an incident, the newest first, page by page', async () => {
      const other = await newIncident(mine);
      await create({ incidentId: other });
      for (const offset of [1, 3, 2]) await create({ startedAtMs: T0 + offset });
      const listed = await readAllPages(2, (page) => engine.store.listByIncident(mine, incidentId, page));
      expect(listed.map((one) => one.startedAtMs - T0)).toEqual([3, 2, 1]);
      await expectMalformedCursorRefused((page) => engine.store.listByIncident(mine, incidentId, page));
    });

    it('lists those that are running, the oldest first, page by page', async () => {
      await create(finished);
      for (const offset of [1, 3, 2]) await create({ startedAtMs: T0 + offset });
      const ended = await create({ startedAtMs: T0 + 4 });
      await engine.store.update(mine, { ...ended, status: 'failed', failure: 'no answer' });
      const listed = await readAllPages(2, (page) => engine.store.listRunning(mine, page));
      expect(listed.map((one) => one.startedAtMs - T0)).toEqual([1, 2, 3]);
      expect(await engine.store.listRunning(theirs, { limit: 5 })).toEqual({ items: [], total: 0 });
      await expectMalformedCursorRefused((page) => engine.store.listRunning(mine, page));
    });

    it('keeps evidence in order of label, each id once', async () => {
      const investigation = await create();
      const evidence = ['E10', 'E2', 'E1'].map((label) =>
        evidenceOf(investigation, label, { serviceName: 'checkout' }),
      );
      await engine.store.addEvidence(mine, evidence);
      const again = evidence.map((one) => ({ ...one, summary: 'changed' }));
      const unnamed = evidenceOf(investigation, 'E3', { result: null });
      await engine.store.addEvidence(mine, [...again, unnamed]);
      await engine.store.addEvidence(mine, []);
      const [e10, e2, e1] = evidence;
      expect(await engine.store.listEvidence(mine, investigation.id)).toStrictEqual([e1, e2, unnamed, e10]);
      expect(await engine.store.findEvidence(mine, evidence[0]?.id ?? unnamed.id)).toStrictEqual(e10);
    });

    it('has none of an incident that was deleted because of its age, and no evidence', async () => {
      const investigation = await create(finished);
      const evidence = evidenceOf(investigation, 'E1');
      await engine.store.addEvidence(mine, [evidence]);
      const actor = { kind: 'person', name: 'ann' } as const;
      const resolved = {
        id: asId<TimelineEventId>('r'),
        atMs: T0,
        actor,
        body: { kind: 'resolved' } as const,
      };
      await engine.incidents.append(mine, incidentId, [resolved]);
      expect(await engine.incidents.deleteBefore(mine, Number.MAX_SAFE_INTEGER)).toBe(1);
      expect(await engine.store.find(mine, investigation.id)).toBeUndefined();
      expect(await engine.store.findEvidence(mine, evidence.id)).toBeUndefined();
    });

    it('behaves as if investigations of another project were not there', async () => {
      const investigation = await create();
      const evidence = evidenceOf(investigation, 'E1');
      await engine.store.addEvidence(mine, [evidence]);
      expect(await engine.store.find(theirs, investigation.id)).toBeUndefined();
      const listed = await engine.store.listByIncident(theirs, incidentId, { limit: 5 });
      expect(listed).toEqual({ items: [], total: 0 });
      expect(await engine.store.listEvidence(theirs, investigation.id)).toEqual([]);
      expect(await engine.store.findEvidence(theirs, evidence.id)).toBeUndefined();
      await expect(engine.store.update(theirs, investigation)).rejects.toMatchObject({ kind: 'not_found' });
    });
  });
}
