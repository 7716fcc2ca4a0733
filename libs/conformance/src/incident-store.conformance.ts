import { randomUUID } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import type { Transition } from '../../core/src/alerting/rule-state';
import { asId, type IncidentId, type TimelineEventId } from '../../core/src/common/ids';
import type { Incident } from '../../core/src/incidents/incident';
import type { IncidentStore, OpenOutcome } from '../../core/src/incidents/incident-store.port';
import type { NewTimelineEvent, TimelineEvent } from '../../core/src/incidents/timeline-event';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectMalformedCursorRefused, readAllPages } from './paging';
import { transitionOf } from './rule-of';

const T0 = 1_700_000_100_000;

/** What every IncidentStore promises. */
export function incidentStoreConformance(
  name: string,
  start: () => Promise<CatalogEngine<IncidentStore>>,
): void {
  describe(`IncidentStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;
    let theirs: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      [mine, theirs] = [await engine.newScope(), await engine.newScope()];
    });
    afterAll(() => engine.end());

    const newId = (): IncidentId => asId<IncidentId>(randomUUID());
    const fire = (scope: ProjectScope, change: Partial<Transition> = {}): Promise<OpenOutcome> =>
      engine.store.openOrJoin(scope, transitionOf(scope, change), newId());
    const open = async (scope: ProjectScope, change: Partial<Transition> = {}): Promise<Incident> =>
      (await fire(scope, change)).incident;
    const event = (id: string, body: NewTimelineEvent['body'], atMs = T0 + 1000): NewTimelineEvent => ({
      id: asId<TimelineEventId>(id),
      atMs,
      actor: { kind: 'person', name: 'ada' },
      body,
    });
    const resolve = (scope: ProjectScope, incident: Incident): Promise<Incident | undefined> =>
      engine.store.append(scope, incident.id, [event('resolve', { kind: 'resolved' })]);
    const timelineOf = (scope: ProjectScope, id: IncidentId): Promise<readonly TimelineEvent[]> =>
      readAllPages(100, (page) => engine.store.timeline(scope, id, page));

    describe('openOrJoin', () => {
      it('opens an incident of the alert that fired', async () => {
        const id = newId();
        const transition = transitionOf(mine);
        const { outcome, incident } = await engine.store.openOrJoin(mine, transition, id);
        expect(outcome).toBe('opened');
        expect(incident).toStrictEqual({
          id,
          projectId: mine.projectId,
          number: 1,
          title: 'checkout: p95(latency_ms) > 500 over 1m',
          status: 'open',
          severity: 'warning',
          group: 'default',
          services: ['checkout'],
          alerts: [
            {
              ruleId: transition.ruleId,
              ruleName: 'slow checkout',
              episodeId: transition.episodeId,
              labels: { service_name: 'checkout' },
              severity: 'warning',
              serviceName: 'checkout',
              firedAtMs: T0,
            },
          ],
          openedAtMs: T0,
        });
        expect(await engine.store.find(mine, id)).toStrictEqual(incident);
        const timeline = await timelineOf(mine, id);
        expect(timeline).toMatchObject([
          {
            incidentId: id,
            atMs: T0,
            actor: { kind: 'opspilot' },
            body: { kind: 'incident_opened', number: 1 },
          },
          { incidentId: id, atMs: T0, body: { kind: 'alert_fired', transition } },
        ]);
        expect(timeline[1]?.body).not.toHaveProperty('joinedBecause');
      });

      it('lets a second alert of the group join, and says why', async () => {
        const opened = await open(mine);
        const joined = await fire(mine, {
          evaluatedAtMs: T0 + 42_000,
          severity: 'critical',
          serviceName: 'cart',
        });
        expect(joined).toMatchObject({
          outcome: 'joined',
          incident: { id: opened.id, severity: 'critical', services: ['checkout', 'cart'] },
        });
        expect((await timelineOf(mine, opened.id)).at(-1)?.body).toMatchObject({
          kind: 'alert_fired',
          joinedBecause: "fired 42 s after the incident opened, same group 'default'",
        });
      });

      it('joins an acknowledged incident too', async () => {
        const opened = await open(mine);
        await engine.store.append(mine, opened.id, [event('ack', { kind: 'acknowledged' })]);
        expect(await fire(mine)).toMatchObject({ outcome: 'joined', incident: { status: 'acknowledged' } });
      });

      it('knows an alert that comes again, and adds nothing', async () => {
        const transition = transitionOf(mine);
        const { incident } = await engine.store.openOrJoin(mine, transition, newId());
        const again = await engine.store.openOrJoin(mine, transition, newId());
        expect(again).toStrictEqual({ outcome: 'known', incident });
        expect(await timelineOf(mine, incident.id)).toHaveLength(2);
      });

      it('knows an alert whose incident a person has resolved, and leaves it resolved', async () => {
        const transition = transitionOf(mine);
        const { incident } = await engine.store.openOrJoin(mine, transition, newId());
        await resolve(mine, incident);
        const again = await engine.store.openOrJoin(mine, transition, newId());
        expect(again).toMatchObject({ outcome: 'known', incident: { id: incident.id, status: 'resolved' } });
      });

      it('opens a new incident for a new alert once the last one of the group is resolved', async () => {
        const first = await open(mine);
        await resolve(mine, first);
        const second = await fire(mine);
        expect(second).toMatchObject({ outcome: 'opened', incident: { number: 2, status: 'open' } });
        expect(second.incident.id).not.toBe(first.id);
      });

      it('opens one incident a group', async () => {
        expect(await fire(mine, { incidentGroup: 'a' })).toMatchObject({ outcome: 'opened' });
        expect(await fire(mine, { incidentGroup: 'b' })).toMatchObject({ outcome: 'opened' });
        expect(await fire(mine, { incidentGroup: 'a' })).toMatchObject({ outcome: 'joined' });
      });

      it('opens exactly one incident when twenty alerts fire at once', async () => {
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => fire(mine)));
        expect(outcomes.filter(({ outcome }) => outcome === 'opened')).toHaveLength(1);
        expect(outcomes.filter(({ outcome }) => outcome === 'joined')).toHaveLength(19);
        const ids = new Set(outcomes.map(({ incident }) => incident.id));
        expect(ids.size).toBe(1);
        const incident = await engine.store.find(mine, [...ids][0] ?? newId());
        expect(incident?.alerts).toHaveLength(20);
        expect(await engine.store.rebuild(mine, incident?.id ?? newId())).toStrictEqual(incident);
      });

      it('takes one alert that is told twenty times at once for one', async () => {
        const transition = transitionOf(mine);
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, () => engine.store.openOrJoin(mine, transition, newId())),
        );
        expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
          ...Array<string>(19).fill('known'),
          'opened',
        ]);
        expect((await engine.store.list(mine, {}, { limit: 10 })).total).toBe(1);
      });

      it('never mixes two projects, nor the numbers of groups that open at once', async () => {
        const groups = Array.from({ length: 20 }, (_, index) => `group ${index}`);
        await Promise.all(
          groups.flatMap((incidentGroup) => [fire(mine, { incidentGroup }), fire(theirs, { incidentGroup })]),
        );
        for (const scope of [mine, theirs]) {
          const { items } = await engine.store.list(scope, {}, { limit: 100 });
          expect(items.every((incident) => incident.projectId === scope.projectId)).toBe(true);
          expect(new Set(items.map((incident) => incident.number)).size).toBe(20);
          expect(items.flatMap((incident) => incident.alerts)).toHaveLength(20);
        }
      });

      it('decides between an alert that joins and a person who resolves', async () => {
        for (let round = 0; round < 5; round += 1) {
          const incident = await open(mine);
          const [outcome] = await Promise.all([fire(mine), resolve(mine, incident)]);
          const stored = await engine.store.find(mine, incident.id);
          expect(stored).toMatchObject({
            status: 'resolved',
            alerts: { length: outcome.outcome === 'joined' ? 2 : 1 },
          });
          if (outcome.outcome === 'opened') await resolve(mine, outcome.incident);
        }
      });

      it('says which project is missing', async () => {
        const nowhere = newScope();
        await expect(fire(nowhere)).rejects.toMatchObject({ code: 'OPS_PROJECT_NOT_FOUND' });
      });
    });

    describe('append', () => {
      it('appends in the given order and projects', async () => {
        const { id } = await open(mine);
        const bodies: NewTimelineEvent['body'][] = [
          { kind: 'acknowledged', comment: 'mine' },
          { kind: 'commented', text: `it's the "pool"` },
          { kind: 'resolved' },
        ];
        // Times run against the order on purpose.
        const events = bodies.map((body, index) => event(`e${index}`, body, T0 + 100 - index));
        const incident = await engine.store.append(mine, id, events);
        expect(incident).toMatchObject({
          status: 'resolved',
          acknowledgedAtMs: T0 + 100,
          acknowledgedBy: 'ada',
          resolvedAtMs: T0 + 98,
          resolvedBy: 'ada',
        });
        expect((await timelineOf(mine, id)).slice(2)).toStrictEqual(
          events.map((appended) => ({ ...appended, incidentId: id })),
        );
      });

      it('skips events whose id is there already, and duplicates within one call', async () => {
        const { id } = await open(mine);
        const comment = event('one', { kind: 'commented', text: 'first' });
        const other = event('one', { kind: 'resolved' });
        await engine.store.append(mine, id, [comment, other]);
        const incident = await engine.store.append(mine, id, [other, event('two', { kind: 'acknowledged' })]);
        expect(incident?.status).toBe('acknowledged');
        expect((await timelineOf(mine, id)).slice(2).map((appended) => appended.id)).toEqual(['one', 'two']);
        expect(await engine.store.rebuild(mine, id)).toStrictEqual(incident);
      });

      it('notes when an alert is over', async () => {
        const transition = transitionOf(mine);
        const { incident } = await engine.store.openOrJoin(mine, transition, newId());
        const over: Transition = { ...transition, kind: 'resolved', evaluatedAtMs: T0 + 60_000 };
        const after = await engine.store.append(mine, incident.id, [
          event('over', { kind: 'alert_resolved', transition: over }),
        ]);
        expect(after).toMatchObject({
          status: 'open',
          alerts: [{ firedAtMs: T0, resolvedAtMs: T0 + 60_000 }],
        });
      });

      it('loses nothing when many append at once', async () => {
        const { id } = await open(mine);
        await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            engine.store.append(mine, id, [
              event(`c${index}`, { kind: 'commented', text: `${index}` }),
              event(`ack${index % 4}`, { kind: 'acknowledged' }, T0 + (index % 4)),
            ]),
          ),
        );
        expect(await timelineOf(mine, id)).toHaveLength(2 + 20 + 4);
        const stored = await engine.store.find(mine, id);
        expect(stored?.acknowledgedAtMs).toBe(T0);
        expect(await engine.store.rebuild(mine, id)).toStrictEqual(stored);
      });

      it('appends on a condition only where it holds as the incident is then', async () => {
        const transition = transitionOf(mine);
        const { incident } = await engine.store.openOrJoin(mine, transition, newId());
        const closing = [event('resolve', { kind: 'resolved' })];
        const seen: Incident[] = [];
        const sayNo = (asItIs: Incident) => seen.push(asItIs) === 0;
        expect(await engine.store.append(mine, incident.id, closing, sayNo)).toStrictEqual(incident);
        expect(seen).toStrictEqual([incident]);
        expect(await timelineOf(mine, incident.id)).toHaveLength(2);
        const closed = await engine.store.append(mine, incident.id, closing, () => true);
        expect(closed).toMatchObject({ status: 'resolved' });
      });

      it('keeps text that the engine cannot hold readable instead of failing', async () => {
        const { id } = await open(mine);
        await engine.store.append(mine, id, [event('odd', { kind: 'commented', text: 'a\0b\ud800c' })]);
        expect((await timelineOf(mine, id)).at(-1)?.body).toEqual({
          kind: 'commented',
          text: 'a\ufffdb\ufffdc',
        });
      });
    });

    it('behaves as if incidents of another project were not there', async () => {
      const transition = transitionOf(theirs);
      const { incident } = await engine.store.openOrJoin(theirs, transition, newId());
      const { id } = incident;
      expect(await engine.store.find(mine, id)).toBeUndefined();
      expect(await engine.store.findByEpisode(mine, transition.episodeId)).toBeUndefined();
      expect(await engine.store.append(mine, id, [event('x', { kind: 'resolved' })])).toBeUndefined();
      expect(await engine.store.rebuild(mine, id)).toBeUndefined();
      expect(await engine.store.timeline(mine, id, { limit: 5 })).toEqual({ items: [], total: 0 });
      expect(await engine.store.list(mine, {}, { limit: 5 })).toEqual({ items: [], total: 0 });
      expect(await engine.store.find(theirs, id)).toStrictEqual(incident);
      expect(await timelineOf(theirs, id)).toHaveLength(2);
    });

    it('keeps two projects apart that use the same ids', async () => {
      const id = newId();
      const episode = { episodeId: 'same', labels: {} };
      await engine.store.openOrJoin(mine, transitionOf(mine, episode), id);
      await engine.store.openOrJoin(theirs, transitionOf(theirs, { ...episode, serviceName: 'cart' }), id);
      await engine.store.append(theirs, id, [event('e', { kind: 'resolved' })]);
      expect(await engine.store.find(mine, id)).toMatchObject({ status: 'open', services: ['checkout'] });
      expect(await engine.store.findByEpisode(theirs, 'same')).toMatchObject({ services: ['cart'] });
      expect(await timelineOf(mine, id)).toHaveLength(2);
      expect(await timelineOf(theirs, id)).toHaveLength(3);
      const stored = await engine.store.find(mine, id);
      expect(await engine.store.rebuild(mine, id)).toStrictEqual(stored);
    });

    it('finds the incident that holds an episode', async () => {
      const incident = await open(mine, { episodeId: 'wanted' });
      expect(await engine.store.findByEpisode(mine, 'wanted')).toStrictEqual(incident);
      expect(await engine.store.findByEpisode(mine, 'other')).toBeUndefined();
    });

    describe('list', () => {
      const openAt = async (offsetsMs: readonly number[]): Promise<readonly Incident[]> => {
        const incidents: Incident[] = [];
        for (const offsetMs of offsetsMs) {
          const incidentGroup = `at ${incidents.length}`;
          incidents.push(await open(mine, { evaluatedAtMs: T0 + offsetMs, incidentGroup }));
        }
        return incidents;
      };

      it('gives the newest first, page by page', async () => {
        const [first, second, third, fourth] = await openAt([0, 30, 10, 30]);
        const listed = await readAllPages(2, (page) => engine.store.list(mine, {}, page));
        expect(listed).toStrictEqual([fourth, second, third, first]);
        await expectMalformedCursorRefused((page) => engine.store.list(mine, {}, page));
      });

      it('filters by status and by time of opening, end excluded', async () => {
        const [a, b, c] = await openAt([0, 10, 20]);
        if (a && b) await resolve(mine, a).then(() => resolve(mine, b));
        const ids = async (...args: Parameters<IncidentStore['list']>): Promise<readonly string[]> =>
          (await engine.store.list(...args)).items.map((incident) => incident.id);
        const limit = { limit: 10 };
        expect(await ids(mine, { statuses: ['open', 'acknowledged'] }, limit)).toEqual([c?.id]);
        expect(await ids(mine, { statuses: ['resolved'] }, limit)).toEqual([b?.id, a?.id]);
        expect(await ids(mine, { range: { fromMs: T0, toMs: T0 + 20 } }, limit)).toEqual([b?.id, a?.id]);
        const both = { statuses: ['resolved'] as const, range: { fromMs: T0 + 10, toMs: T0 + 99 } };
        expect(await engine.store.list(mine, both, limit)).toMatchObject({
          items: [{ id: b?.id }],
          total: 1,
        });
      });
    });

    describe('deleteBefore', () => {
      const BEFORE = T0 + 5000;
      const everything = Number.MAX_SAFE_INTEGER;
      /** Resolved at T0 + 1000, and commented on later. */
      const openAndResolve = async (scope: ProjectScope, commentedAtMs?: number): Promise<Incident> => {
        const incident = await open(scope, { incidentGroup: randomUUID() });
        const comment = { kind: 'commented', text: 'and one thing more' } as const;
        await resolve(scope, incident);
        if (commentedAtMs !== undefined)
          await engine.store.append(scope, incident.id, [event('comment', comment, commentedAtMs)]);
        return incident;
      };
      const idsOf = async (scope: ProjectScope): Promise<readonly IncidentId[]> =>
        (await engine.store.list(scope, {}, { limit: 1000 })).items.map(({ id }) => id);

      it('deletes resolved incidents on whose timeline nothing has happened since, with it, and says how many', async () => {
        const unresolved = await open(mine);
        const gone = [await openAndResolve(mine), await openAndResolve(mine, BEFORE - 1)];
        const commented = await openAndResolve(mine, BEFORE);
        const another = await openAndResolve(theirs);
        expect(await engine.store.deleteBefore(mine, BEFORE)).toBe(2);
        expect((await idsOf(mine)).toSorted()).toEqual([unresolved.id, commented.id].toSorted());
        expect(await idsOf(theirs)).toEqual([another.id]);
        for (const { id } of gone) {
          expect(await engine.store.find(mine, id)).toBeUndefined();
          expect(await timelineOf(mine, id)).toEqual([]);
        }
        expect(await timelineOf(mine, commented.id)).toHaveLength(4);
        expect(await engine.store.deleteBefore(mine, BEFORE)).toBe(0);
      });

      it('gives no number a second time', async () => {
        const { number } = await openAndResolve(mine);
        await engine.store.deleteBefore(mine, everything);
        expect((await open(mine)).number).toBe(number + 1);
      });

      it('asks after each portion whether to go on, and goes on where it broke off', async () => {
        for (let index = 0; index < 101; index++) await openAndResolve(mine);
        const stop = () => Promise.resolve(false);
        const first = await engine.store.deleteBefore(mine, everything, stop);
        expect(first).toBeLessThan(101);
        expect(first + (await engine.store.deleteBefore(mine, everything))).toBe(101);
        expect(await idsOf(mine)).toEqual([]);
      });
    });

    it('pages through a timeline in order of appending', async () => {
      const { id } = await open(mine);
      const texts = Array.from({ length: 7 }, (_, index) => `${index}`);
      for (const text of texts)
        await engine.store.append(mine, id, [event(text, { kind: 'commented', text }, T0 - Number(text))]);
      const events = await readAllPages(3, (page) => engine.store.timeline(mine, id, page));
      expect(events.slice(2).map(({ id: eventId }) => eventId)).toEqual(texts);
      await expectMalformedCursorRefused((page) => engine.store.timeline(mine, id, page));
    });
  });
}
