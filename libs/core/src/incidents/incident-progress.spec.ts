import type { Transition } from '../alerting/rule-state';
import { asId, type ChannelId } from '../common/ids';
import { ENDED_ALERTS_MAX, type Incident } from './incident';
import {
  autoResolveAtMs,
  type IncidentProgress,
  nextIncidentProgress,
  resumeIncidentProgress,
  withAlertToCome,
} from './incident-progress';
import type { TimelineEvent, TimelineEventBody } from './timeline-event';

const open: IncidentProgress = {
  status: 'open',
  severity: 'warning',
  alerts: [{ episodeId: 'a', over: false }],
  nextSequence: 2,
  notified: ['incident_opened'],
  investigated: true,
};

function transition(
  kind: Transition['kind'],
  episodeId: string,
  severity: Transition['severity'] = 'warning',
) {
  return {
    kind,
    projectId: asId('p'),
    ruleId: asId('r'),
    ruleName: 'errors',
    labels: {},
    episodeId,
    evaluatedAtMs: 1000,
    sinceMs: 500,
    threshold: 5,
    condition: 'count > 5 over 1m',
    severity,
    incidentGroup: 'default',
  } satisfies Transition;
}

function event(body: TimelineEventBody, atMs = 1): TimelineEvent {
  return { id: asId('e'), incidentId: asId('i'), atMs, actor: { kind: 'opspilot' }, body };
}

const incident: Incident = {
  id: asId('i'),
  projectId: asId('p'),
  number: 1,
  title: 'errors',
  status: 'acknowledged',
  severity: 'critical',
  group: 'default',
  services: [],
  openedAtMs: 1,
  alerts: [
    {
      ruleId: asId('r'),
      ruleName: 'errors',
      episodeId: 'a',
      labels: {},
      severity: 'critical',
      firedAtMs: 1,
      resolvedAtMs: 70,
    },
    {
      ruleId: asId('r'),
      ruleName: 'errors',
      episodeId: 'b',
      labels: {},
      severity: 'info',
      firedAtMs: 2,
      resolvedAtMs: 60,
    },
  ],
};

describe('nextIncidentProgress', () => {
  it.each([
    ['a known alert that fires again', transition('fired', 'a'), false, false],
    ['another alert as bad', transition('fired', 'b'), false, false],
    ['another alert that is worse', transition('fired', 'b', 'critical'), false, true],
    ['another alert that is less bad', transition('fired', 'b', 'info'), false, false],
    ['the end of the alert', transition('resolved', 'a'), true, false],
    ['the end of an alert whose firing was not heard of', transition('resolved', 'z'), true, false],
  ])('%s', (_what, heard, alertEnded, severityRaised) => {
    const step = nextIncidentProgress(open, heard, 9000);
    expect([step.alertEnded, step.severityRaised]).toEqual([alertEnded, severityRaised]);
    expect(nextIncidentProgress(step.progress, heard, 9999)).toEqual({
      progress: step.progress,
      alertEnded: false,
      severityRaised: false,
    });
  });

  it('does not take up again an alert that is over, where its beginning is heard once more', () => {
    const over = nextIncidentProgress(open, transition('resolved', 'a'), 5000).progress;
    expect(nextIncidentProgress(over, transition('fired', 'a'), 6000).progress).toEqual(over);
  });

  it('says nothing about severity once the incident is resolved', () => {
    const resolved = { ...open, status: 'resolved' } as const;
    expect(nextIncidentProgress(resolved, transition('fired', 'b', 'critical'), 1).severityRaised).toBe(
      false,
    );
  });

  it('counts the time to resolving from the end of the last alert, and a new alert stops it', () => {
    const over = nextIncidentProgress(open, transition('resolved', 'a'), 5000).progress;
    expect(autoResolveAtMs(over, 60)).toBe(65_000);
    const again = nextIncidentProgress(over, transition('fired', 'b'), 6000).progress;
    expect(autoResolveAtMs(again, 60)).toBeUndefined();
    expect(autoResolveAtMs({ ...over, status: 'resolved' }, 60)).toBeUndefined();
    expect(autoResolveAtMs(open, 60)).toBeUndefined();
  });

  it('waits for all alerts to be over', () => {
    const both = nextIncidentProgress(open, transition('fired', 'b'), 1000).progress;
    const one = nextIncidentProgress(both, transition('resolved', 'b'), 2000).progress;
    expect(autoResolveAtMs(one, 60)).toBeUndefined();
    const none = nextIncidentProgress(one, transition('resolved', 'a'), 3000).progress;
    expect(autoResolveAtMs(none, 60)).toBe(63_000);
  });
});

describe('alerts that flap for days beside one that goes on firing', () => {
  it('are remembered up to a bound, and the one that fires is not forgotten', () => {
    let progress = open;
    for (let index = 0; index < ENDED_ALERTS_MAX + 20; index++)
      for (const kind of ['fired', 'resolved'] as const)
        ({ progress } = nextIncidentProgress(progress, transition(kind, `flap ${index}`), 10));
    expect(progress.alerts).toHaveLength(ENDED_ALERTS_MAX + 1);
    expect(progress.alerts[0]).toEqual({ episodeId: 'a', over: false });
    expect(progress.overSinceMs).toBeUndefined();
    const { progress: last } = nextIncidentProgress(progress, transition('resolved', 'a'), 11);
    expect(last.overSinceMs).toBe(11);
  });
});

describe('withAlertToCome', () => {
  it('resolves nothing by itself until the alert that joined has been heard of and is over', () => {
    const over = nextIncidentProgress(open, transition('resolved', 'a'), 1000).progress;
    expect(autoResolveAtMs(over, 60)).toBe(61_000);
    const waiting = withAlertToCome(over);
    expect(autoResolveAtMs(waiting, 60)).toBeUndefined();
    const heard = nextIncidentProgress(waiting, transition('fired', 'b', 'critical'), 2000);
    expect(heard.severityRaised).toBe(true);
    expect(autoResolveAtMs(heard.progress, 60)).toBeUndefined();
    const ended = nextIncidentProgress(heard.progress, transition('resolved', 'b'), 3000).progress;
    expect(autoResolveAtMs(ended, 60)).toBe(63_000);
  });
});

describe('resumeIncidentProgress', () => {
  const firing: Incident['alerts'][number] = {
    ruleId: asId('r'),
    ruleName: 'errors',
    episodeId: 'c',
    labels: {},
    severity: 'critical',
    firedAtMs: 1,
  };

  it('knows a new incident as neither notified nor investigated', () => {
    const progress = resumeIncidentProgress({ ...incident, status: 'open', alerts: [firing] }, [], []);
    expect(progress).toEqual({
      status: 'open',
      severity: 'critical',
      alerts: [{ episodeId: 'c', over: false }],
      nextSequence: 1,
      notified: [],
      investigated: false,
    });
  });

  it('finds in the timeline what was sent and investigated already', () => {
    const progress = resumeIncidentProgress(
      incident,
      [
        event({ kind: 'notification_skipped', reason: 'no channel', about: 'incident_opened' }),
        event({
          kind: 'notification_attempted',
          channelId: 'c',
          channelName: 'ops',
          sequence: 4,
          attempt: 1,
          outcome: 'delivered',
          about: 'severity_raised',
        }),
        event({ kind: 'investigation_started', investigationId: asId('v') }),
        event({ kind: 'investigation_failed', investigationId: asId('v'), reason: 'no answer' }),
      ],
      [],
    );
    expect(progress.nextSequence).toBe(5);
    expect(progress.notified).toEqual(['incident_opened', 'severity_raised']);
    expect(progress.investigated).toBe(true);
    expect(progress.unfinished).toBeUndefined();
  });

  it('takes the alerts for over where all of them are, and only then', () => {
    const resumed = (alerts: Incident['alerts']) => resumeIncidentProgress({ ...incident, alerts }, [], []);
    expect(resumed(incident.alerts)).toMatchObject({
      alerts: [
        { episodeId: 'a', over: true },
        { episodeId: 'b', over: true },
      ],
      overSinceMs: 70,
    });
    expect(resumed([...incident.alerts, firing]).overSinceMs).toBeUndefined();
    expect(resumed([]).overSinceMs).toBeUndefined();
  });

  it('wants the first investigation again where it has no end, whatever became of others', () => {
    const progress = resumeIncidentProgress(
      incident,
      [
        event({ kind: 'investigation_started', investigationId: asId('first') }),
        event({ kind: 'investigation_started', investigationId: asId('second') }),
        event({ kind: 'investigation_failed', investigationId: asId('second'), reason: 'no answer' }),
      ],
      [],
    );
    expect(progress.investigated).toBe(false);
  });

  it('knows which channels are still to get a notification, and after how many attempts', () => {
    const attempted = (channelId: string, attempt: number, outcome: 'delivered' | 'failed_will_retry') =>
      event({
        kind: 'notification_attempted',
        channelId,
        channelName: channelId,
        sequence: 1,
        attempt,
        outcome,
        about: 'incident_opened',
      });
    const progress = resumeIncidentProgress(
      incident,
      [
        attempted('late', 1, 'failed_will_retry'),
        attempted('good', 1, 'failed_will_retry'),
        attempted('late', 2, 'failed_will_retry'),
        attempted('good', 2, 'delivered'),
      ],
      [],
    );
    expect(progress.unfinished).toEqual([
      { sequence: 1, about: 'incident_opened', channels: [{ id: 'late', attempts: 2 }] },
    ]);
    expect(progress).toMatchObject({ nextSequence: 5, notified: ['incident_opened'] });
  });

  it('knows channels that were to get a notification and of which no attempt was recorded', () => {
    const attempted = (channelId: string, sequence: number, atMs: number) =>
      event(
        {
          kind: 'notification_attempted',
          channelId,
          channelName: channelId,
          sequence,
          attempt: 1,
          outcome: 'delivered',
          about: sequence === 1 ? 'incident_opened' : 'severity_raised',
        },
        atMs,
      );
    const channel = (id: string, createdAtMs: number) => ({ id: asId<ChannelId>(id), createdAtMs });
    const timeline = [attempted('ops', 1, 100), attempted('deleted', 1, 180), attempted('ops', 2, 200)];
    const channels = [channel('ops', 1), channel('hanging', 2), channel('between', 150), channel('new', 300)];
    expect(resumeIncidentProgress(incident, timeline, channels).unfinished).toEqual([
      { sequence: 1, about: 'incident_opened', channels: [{ id: 'hanging', attempts: 0 }] },
      {
        sequence: 2,
        about: 'severity_raised',
        channels: [
          { id: 'hanging', attempts: 0 },
          { id: 'between', attempts: 0 },
        ],
      },
    ]);
  });

  it('knows that nobody was told of an alert that made the incident worse', () => {
    const fired = (severity: Transition['severity']) =>
      event({ kind: 'alert_fired', transition: transition('fired', severity, severity) });
    const told = event({
      kind: 'notification_attempted',
      channelId: 'ops',
      channelName: 'ops',
      sequence: 1,
      attempt: 1,
      outcome: 'delivered',
      about: 'incident_opened',
    });
    const isUntold = (...timeline: TimelineEvent[]) =>
      resumeIncidentProgress(incident, timeline, []).isRaiseUntold ?? false;
    expect(isUntold(fired('warning'), told, fired('info'), fired('critical'))).toBe(true);
    expect(isUntold(fired('warning'), told, fired('critical'), told)).toBe(false);
    expect(isUntold(fired('critical'), told, fired('critical'), fired('warning'))).toBe(false);
    expect(isUntold(fired('info'), fired('critical'), told, fired('warning'))).toBe(false);
    expect(isUntold(fired('warning'), fired('critical'))).toBe(false);
    const skipped = event({ kind: 'notification_skipped', reason: 'no channel', about: 'incident_opened' });
    expect(isUntold(fired('warning'), skipped, fired('critical'))).toBe(true);
    expect(isUntold(fired('warning'), told, fired('critical'), skipped)).toBe(false);
  });
});
