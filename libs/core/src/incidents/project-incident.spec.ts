import fc from 'fast-check';
import { SEVERITIES } from '../alerting/rule';
import type { Transition } from '../alerting/rule-state';
import { asId, type IncidentId, type InvestigationId, type ProjectId, type RuleId } from '../common/ids';
import { ENDED_ALERTS_MAX } from './incident';
import { nextIncident, projectIncident, unopenedIncident } from './project-incident';
import type { Actor, TimelineEvent, TimelineEventBody } from './timeline-event';

const projectId = asId<ProjectId>('project');
const incidentId = asId<IncidentId>('incident');
const opspilot: Actor = { kind: 'opspilot' };
const ada: Actor = { kind: 'person', name: 'ada' };
const bob: Actor = { kind: 'person', name: 'bob' };
const opened: TimelineEventBody = { kind: 'incident_opened', number: 7, title: 'slow', group: 'shop' };
const investigation = (id: string): InvestigationId => asId<InvestigationId>(id);

let eventCount = 0;
function event(atMs: number, body: TimelineEventBody, actor: Actor = opspilot): TimelineEvent {
  return { id: asId(`e${(eventCount += 1)}`), incidentId, atMs, actor, body };
}

function transition(change: Partial<Transition> = {}): Transition {
  return {
    kind: 'fired',
    projectId,
    ruleId: asId<RuleId>('rule'),
    ruleName: 'latency',
    labels: {},
    episodeId: 'episode',
    evaluatedAtMs: 1000,
    sinceMs: 500,
    threshold: 1,
    condition: 'x > 1',
    severity: 'warning',
    serviceName: 'checkout',
    incidentGroup: 'shop',
    ...change,
  };
}

const fired = (change: Partial<Transition> = {}): TimelineEvent =>
  event(change.evaluatedAtMs ?? 1000, { kind: 'alert_fired', transition: transition(change) });
const over = (change: Partial<Transition> = {}): TimelineEvent =>
  event(change.evaluatedAtMs ?? 9000, {
    kind: 'alert_resolved',
    transition: transition({ evaluatedAtMs: 9000, ...change, kind: 'resolved' }),
  });
const project = (...events: TimelineEvent[]): ReturnType<typeof projectIncident> =>
  projectIncident(projectId, incidentId, events);

describe('projectIncident', () => {
  it('opens with the alert that fired', () => {
    expect(project(event(1000, opened), fired())).toStrictEqual({
      id: 'incident',
      projectId: 'project',
      number: 7,
      title: 'slow',
      status: 'open',
      severity: 'warning',
      group: 'shop',
      services: ['checkout'],
      alerts: [
        {
          ruleId: 'rule',
          ruleName: 'latency',
          episodeId: 'episode',
          labels: {},
          severity: 'warning',
          serviceName: 'checkout',
          firedAtMs: 1000,
        },
      ],
      openedAtMs: 1000,
    });
  });

  it.each<[string, TimelineEvent[], object]>([
    [
      'is acknowledged by a person',
      [event(2, { kind: 'acknowledged' }, ada)],
      { status: 'acknowledged', acknowledgedBy: 'ada', acknowledgedAtMs: 2 },
    ],
    [
      'keeps the first acknowledgement',
      [event(2, { kind: 'acknowledged' }, ada), event(3, { kind: 'acknowledged' }, bob)],
      { acknowledgedBy: 'ada' },
    ],
    [
      'is resolved by OpsPilot',
      [event(4, { kind: 'resolved' })],
      { status: 'resolved', resolvedBy: 'opspilot', resolvedAtMs: 4 },
    ],
    [
      'stays resolved when acknowledged later',
      [event(4, { kind: 'resolved' }), event(5, { kind: 'acknowledged' }, ada)],
      { status: 'resolved' },
    ],
    [
      'stays resolved when an alert joins later',
      [event(4, { kind: 'resolved' }), fired({ severity: 'critical' })],
      { status: 'resolved', severity: 'critical' },
    ],
    [
      'keeps the first resolution',
      [event(4, { kind: 'resolved' }, bob), event(5, { kind: 'resolved' }, ada)],
      { resolvedBy: 'bob', resolvedAtMs: 4 },
    ],
    [
      'notes the end of an alert',
      [fired(), over()],
      { status: 'open', alerts: [expect.objectContaining({ firedAtMs: 1000, resolvedAtMs: 9000 })] },
    ],
    [
      'counts the earliest end of an alert, whichever was heard first',
      [fired(), over(), over({ evaluatedAtMs: 8000 }), over()],
      { alerts: [expect.objectContaining({ resolvedAtMs: 8000 })] },
    ],
    [
      'names the runbook of an alert',
      [fired({ runbook: 'slow-shop' })],
      { alerts: [expect.objectContaining({ runbook: 'slow-shop' })] },
    ],
    [
      'keeps an alert that it knows only by its end',
      [over()],
      { alerts: [expect.objectContaining({ firedAtMs: 500, resolvedAtMs: 9000 })] },
    ],
    [
      'is as bad as its worst alert, also after that alert',
      [
        fired({ severity: 'critical' }),
        over({ severity: 'info' }),
        fired({ episodeId: '2', evaluatedAtMs: 2000 }),
      ],
      { severity: 'critical' },
    ],
    [
      'names services in order of firing, each once',
      [
        fired({ episodeId: '2', serviceName: 'b', evaluatedAtMs: 2 }),
        fired({ serviceName: 'a', evaluatedAtMs: 1 }),
        fired({ episodeId: '3', serviceName: 'a', evaluatedAtMs: 3 }),
      ],
      { services: ['a', 'b'] },
    ],
    [
      'tells alerts of one episode apart by their labels',
      [fired({ labels: { service_name: 'a' } }), fired({ labels: { service_name: 'b' } })],
      { alerts: [expect.anything(), expect.anything()] },
    ],
    [
      'points to the investigation that started last',
      [
        event(1, { kind: 'investigation_started', investigationId: investigation('1') }),
        event(2, { kind: 'investigation_started', investigationId: investigation('2') }),
        event(3, {
          kind: 'investigation_finished',
          investigationId: investigation('1'),
          summary: 'a leak',
          topCauses: [],
        }),
      ],
      { lastInvestigationId: '2', summary: 'a leak' },
    ],
  ])('%s', (_case, events, expected) => {
    expect(project(event(1, opened), ...events)).toMatchObject(expected);
  });

  it.each<[string, TimelineEventBody]>([
    ['a comment', { kind: 'commented', text: 'on it' }],
    ['a kind that it does not know', { kind: 'escalated' } as unknown as TimelineEventBody],
  ])('changes nothing for %s', (_what, body) => {
    const before = project(event(1, opened), fired());
    expect(nextIncident(before, event(2, body))).toBe(before);
  });
});

const actors = fc.oneof(
  fc.constant<Actor>({ kind: 'opspilot' }),
  fc.constantFrom('ada', 'bob').map((name): Actor => ({ kind: 'person', name })),
);
/** Few, so that some are the same. */
const instants = fc.integer({ min: 0, max: 5 });
const alertEnds = fc
  .record({
    episodeId: fc.constantFrom('1', '2', '3'),
    ruleId: fc.constantFrom('r1', 'r2').map((id) => asId<RuleId>(id)),
    evaluatedAtMs: instants,
    sinceMs: instants,
    severity: fc.constantFrom(...SEVERITIES),
    serviceName: fc.constantFrom('a', 'b'),
  })
  .map((change) => over(change));
/** At most one alert_fired for each alert, as the ids of these events ensure. */
const alertStarts = fc
  .uniqueArray(
    fc.record({
      episodeId: fc.constantFrom('1', '2', '3'),
      ruleId: fc.constantFrom('r1', 'r2').map((id) => asId<RuleId>(id)),
      evaluatedAtMs: instants,
      severity: fc.constantFrom(...SEVERITIES),
      serviceName: fc.constantFrom('a', 'b'),
    }),
    { selector: (change) => `${change.ruleId}/${change.episodeId}`, maxLength: 6 },
  )
  .map((changes) => changes.map(fired));
const handling = fc
  .tuple(instants, actors, fc.constantFrom('acknowledged' as const, 'resolved' as const))
  .map(([atMs, actor, kind]) => event(atMs, { kind }, actor));
const investigations = fc
  .tuple(instants, fc.constantFrom('1', '2'), fc.boolean())
  .map(([atMs, id, finished]) =>
    finished
      ? event(atMs, {
          kind: 'investigation_finished',
          investigationId: investigation(id),
          summary: `s${id}`,
          topCauses: [],
        })
      : event(atMs, { kind: 'investigation_started', investigationId: investigation(id) }),
  );
/** One resolution an alert: a second one with other figures would be another statement about the same alert. */
const orderFree = fc
  .tuple(
    alertStarts,
    fc.array(handling, { maxLength: 5 }),
    fc.uniqueArray(alertEnds, { selector: alertOf, maxLength: 6 }),
  )
  .map((parts) => [event(0, opened), ...parts.flat()]);

function alertOf({ body }: TimelineEvent): string {
  return body.kind === 'alert_resolved' ? `${body.transition.ruleId}/${body.transition.episodeId}` : '';
}

describe('projectIncident, for any timeline', () => {
  it('equals the events folded step by step, from any point of the way', () => {
    const timelines = fc
      .tuple(orderFree, fc.array(investigations, { maxLength: 5 }))
      .map((parts) => parts.flat());
    fc.assert(
      fc.property(timelines, fc.nat(20), (events, split) => {
        const half = projectIncident(projectId, incidentId, events.slice(0, split));
        const stored = JSON.parse(JSON.stringify(half)) as typeof half;
        expect(events.slice(split).reduce(nextIncident, stored)).toStrictEqual(project(...events));
      }),
    );
  });

  it('does not depend on the order in which alerts and people were heard', () => {
    const shuffled = orderFree.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([events, other]) => {
        expect(project(...other)).toStrictEqual(project(...events));
      }),
    );
  });

  it('never reopens what is resolved', () => {
    fc.assert(
      fc.property(orderFree, (events) => {
        let incident = unopenedIncident(projectId, incidentId);
        for (const next of events) {
          const wasResolved = incident.status === 'resolved';
          incident = nextIncident(incident, next);
          expect(wasResolved && incident.status !== 'resolved').toBe(false);
        }
      }),
    );
  });

  it('remembers a bounded number of alerts that are over, counts the others, and forgets neither who fires nor how bad it was', () => {
    const lasting = { episodeId: 'lasting', evaluatedAtMs: 1 };
    const worst = { episodeId: 'worst', evaluatedAtMs: 2, severity: 'critical', serviceName: 'db' } as const;
    const flaps = Array.from({ length: ENDED_ALERTS_MAX + 20 }, (_, index) => {
      const change = { episodeId: `flap ${index}`, evaluatedAtMs: 10 + index };
      return [fired(change), over(change)];
    });
    const events = [event(0, opened), fired(lasting), fired(worst), over(worst), ...flaps.flat()];
    const incident = project(...events);
    expect(incident.alerts).toHaveLength(ENDED_ALERTS_MAX + 1);
    expect(incident.alertsOmitted).toBe(21);
    expect(incident.alerts[0]).toMatchObject({ episodeId: 'lasting' });
    expect(incident.alerts[1]).toMatchObject({ episodeId: 'flap 20' });
    expect(incident).toMatchObject({ severity: 'critical', status: 'open' });
    expect(incident.services.toSorted()).toEqual(['checkout', 'db']);
  });
});
