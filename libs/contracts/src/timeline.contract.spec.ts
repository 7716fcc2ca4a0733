import type { Transition } from '../../core/src/alerting/rule-state';
import { asId } from '../../core/src/common/ids';
import type { Actor, TimelineEventBody } from '../../core/src/incidents/timeline-event';
import { toSentence, toTimelineResponse } from './timeline.contract';

const opspilot: Actor = { kind: 'opspilot' };
const ada: Actor = { kind: 'person', name: 'ada' };
const unevaluated: Transition = {
  kind: 'fired',
  projectId: asId('p'),
  ruleId: asId('r'),
  ruleName: 'slow',
  labels: { service_name: 'checkout', camelCase: 'kept' },
  episodeId: 'e',
  evaluatedAtMs: 0,
  sinceMs: 0,
  threshold: 500,
  condition: 'avg(lat) > 500 over 5m',
  severity: 'critical',
  serviceName: 'checkout',
  incidentGroup: 'default',
};
const transition: Transition = { ...unevaluated, value: 812.34567 };
const attempt = {
  kind: 'notification_attempted',
  channelId: 'c',
  channelName: 'on-call',
  sequence: 1,
  attempt: 2,
  about: 'incident_opened',
} as const;

describe('toSentence', () => {
  it.each<[string, TimelineEventBody, Actor]>([
    [
      'Incident #7 was opened: slow.',
      { kind: 'incident_opened', number: 7, title: 'slow', group: 'default' },
      opspilot,
    ],
    [
      'Alert "slow" fired on checkout: avg(lat) > 500 over 5m, at 812.3.',
      { kind: 'alert_fired', transition },
      opspilot,
    ],
    [
      'Alert "slow" fired on checkout: avg(lat) > 500 over 5m, at 812.3; it joined this incident because of its group.',
      { kind: 'alert_fired', transition, joinedBecause: 'of its group' },
      opspilot,
    ],
    ['Alert "slow" is over on checkout, at 812.3.', { kind: 'alert_resolved', transition }, opspilot],
    [
      'Alert "slow" is over on checkout: its rule was deleted.',
      { kind: 'alert_resolved', transition: { ...unevaluated, endedBy: 'rule_deleted' } },
      opspilot,
    ],
    [
      'Channel "on-call" was notified about the opened incident (HTTP 204), at attempt 2.',
      { ...attempt, outcome: 'delivered', status: 204 },
      opspilot,
    ],
    [
      'Attempt 2 to notify channel "on-call" about the opened incident failed: no answer; it will be tried again.',
      { ...attempt, outcome: 'failed_will_retry', reason: 'no answer' },
      opspilot,
    ],
    [
      'Attempt 2 to notify channel "on-call" about the opened incident failed (HTTP 410); it will not be tried again.',
      { ...attempt, outcome: 'failed_for_good', status: 410 },
      opspilot,
    ],
    ['ada acknowledged the incident: mine.', { kind: 'acknowledged', comment: 'mine' }, ada],
    ['ada resolved the incident.', { kind: 'resolved' }, ada],
    [
      'OpsPilot resolved the incident: all alerts are over.',
      { kind: 'resolved', comment: 'all alerts are over' },
      opspilot,
    ],
    ['ada started an investigation.', { kind: 'investigation_started', investigationId: asId('i') }, ada],
  ])('says: %s', (sentence, body, actor) => {
    expect(toSentence(body, actor)).toBe(sentence);
  });
});

describe('toTimelineResponse', () => {
  it('writes our words in snake_case and leaves the names of labels as they are', () => {
    const event = {
      id: asId<never>('t'),
      incidentId: asId<never>('i'),
      atMs: 0,
      actor: opspilot,
      body: { kind: 'alert_fired', transition } as const,
    };
    expect(toTimelineResponse({ items: [event], total: 1 }).events[0]?.details).toMatchObject({
      rule_id: 'r',
      evaluated_at: '1970-01-01T00:00:00.000Z',
      labels: { service_name: 'checkout', camelCase: 'kept' },
    });
  });
});
