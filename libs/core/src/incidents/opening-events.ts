import { labelsText } from '../alerting/labels-text';
import type { Transition } from '../alerting/rule-state';
import { cutToLength } from '../common/clean-text';
import { formatDurationSeconds } from '../common/duration';
import { asId, type IncidentId } from '../common/ids';
import { uuidOfName } from '../common/name-uuid';
import type { Incident } from './incident';
import type { NewTimelineEvent } from './timeline-event';

const MAX_TITLE_LENGTH = 200;

/** The first events of an incident that a fired alert opens. The same ids for the same incident and alert. */
export function openingEvents(
  id: IncidentId,
  number: number,
  transition: Transition,
): readonly NewTimelineEvent[] {
  const opened: NewTimelineEvent = {
    id: asId(uuidOfName(`incident_opened:${id}`)),
    atMs: transition.evaluatedAtMs,
    actor: { kind: 'opspilot' },
    body: {
      kind: 'incident_opened',
      number,
      title: incidentTitle(transition),
      group: transition.incidentGroup,
    },
  };
  return [opened, alertFiredEvent(transition)];
}

/** The event of an alert that fires while the incident of its group is not resolved. */
export function joiningEvent(incident: Incident, transition: Transition): NewTimelineEvent {
  return alertFiredEvent(transition, joinReason(incident, transition));
}

/** `checkout: p95(latency_ms) of checkout > 500 over 1m`: the first alert's service, or else its rule's name, and its condition. */
export function incidentTitle(transition: Transition): string {
  const { serviceName, ruleName, condition } = transition;
  const title = `${serviceName ?? ruleName}: ${condition}`;
  if (title.length <= MAX_TITLE_LENGTH) return title;
  return `${cutToLength(title, MAX_TITLE_LENGTH - 1)}…`;
}

function alertFiredEvent(transition: Transition, joinedBecause?: string): NewTimelineEvent {
  const alert = [transition.ruleId, transition.episodeId, labelsText(transition.labels)];
  return {
    id: asId(uuidOfName(`alert_fired:${JSON.stringify(alert)}`)),
    atMs: transition.evaluatedAtMs,
    actor: { kind: 'opspilot' },
    body: { kind: 'alert_fired', transition, ...(joinedBecause !== undefined && { joinedBecause }) },
  };
}

function joinReason(incident: Incident, transition: Transition): string {
  const seconds = Math.round((transition.evaluatedAtMs - incident.openedAtMs) / 1000);
  return `fired ${distance(seconds)} the incident opened, same group '${incident.group}'`;
}

function distance(seconds: number): string {
  if (seconds === 0) return 'as';
  const length = Math.abs(seconds) < 60 ? `${Math.abs(seconds)} s` : formatDurationSeconds(Math.abs(seconds));
  return seconds > 0 ? `${length} after` : `${length} before`;
}
