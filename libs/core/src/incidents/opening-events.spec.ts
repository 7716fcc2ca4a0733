import type { Transition } from '../alerting/rule-state';
import { asId, type IncidentId, type ProjectId, type RuleId } from '../common/ids';
import { incidentTitle, joiningEvent, openingEvents } from './opening-events';
import { unopenedIncident } from './project-incident';

const transition: Transition = {
  kind: 'fired',
  projectId: asId<ProjectId>('p'),
  ruleId: asId<RuleId>('r'),
  ruleName: 'slow checkout',
  labels: { service_name: 'checkout' },
  episodeId: 'e',
  evaluatedAtMs: 100_000,
  sinceMs: 90_000,
  threshold: 500,
  condition: 'p95(latency_ms) > 500 over 1m',
  severity: 'critical',
  serviceName: 'checkout',
  incidentGroup: 'default',
};
const id = asId<IncidentId>('i');

describe('incidentTitle', () => {
  it('names the service and the condition', () => {
    expect(incidentTitle(transition)).toBe('checkout: p95(latency_ms) > 500 over 1m');
  });

  it('begins with the rule where the alert names no service', () => {
    const anonymous: Transition = { ...transition };
    delete (anonymous as { serviceName?: string }).serviceName;
    expect(incidentTitle(anonymous)).toBe('slow checkout: p95(latency_ms) > 500 over 1m');
  });

  it.each([198, 199, 200, 201])('is cut to 200 characters without breaking one (%i)', (length) => {
    const title = incidentTitle({
      ...transition,
      serviceName: 'x'.repeat(length),
      condition: '🔥'.repeat(9),
    });
    expect(title.length).toBeLessThanOrEqual(200);
    expect(title.endsWith('…')).toBe(true);
    expect(Buffer.from(title).toString()).toBe(title);
  });
});

describe('joiningEvent', () => {
  it.each([
    [142, "fired 42 s after the incident opened, same group 'default'"],
    [190, "fired 1m30s after the incident opened, same group 'default'"],
    [100, "fired as the incident opened, same group 'default'"],
    [95, "fired 5 s before the incident opened, same group 'default'"],
  ])('says in words why the alert joined (%i s)', (evaluatedAtSeconds, joinedBecause) => {
    const incident = { ...unopenedIncident(transition.projectId, id), group: 'default', openedAtMs: 100_000 };
    const event = joiningEvent(incident, { ...transition, evaluatedAtMs: evaluatedAtSeconds * 1000 });
    expect(event.body).toMatchObject({ kind: 'alert_fired', joinedBecause });
  });
});

describe('openingEvents', () => {
  it('gives the same ids when repeated, whatever the order of the labels', () => {
    const ids = (labels: Transition['labels']): readonly string[] =>
      openingEvents(id, 7, { ...transition, labels }).map((event) => event.id);
    expect(ids({ a: '1', b: '2' })).toEqual(ids({ b: '2', a: '1' }));
    expect(ids({ a: '1', b: '2' })[1]).not.toEqual(ids({ a: '1', b: '3' })[1]);
  });
});
