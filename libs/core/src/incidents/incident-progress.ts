import type { Transition } from '../alerting/rule-state';
import { SEVERITIES, type Severity } from '../alerting/rule';
import { ENDED_ALERTS_MAX, type Incident, type IncidentStatus } from './incident';
import type { Channel } from '../notify/channel';
import type { NotificationTopic, TimelineEvent } from './timeline-event';

/** What the incident's workflow has to remember. Small, and always recoverable from the timeline. */
export interface IncidentProgress {
  readonly status: IncidentStatus;
  readonly severity: Severity;
  readonly alerts: readonly { readonly episodeId: string; readonly over: boolean }[];
  /** Since when all alerts are over; absent while one is not. */
  readonly overSinceMs?: number;
  /** Number of the next notification. */
  readonly nextSequence: number;
  readonly notified: readonly NotificationTopic[];
  /** Notifications that channels were still to get; absent where there are none, or nothing was lost. */
  readonly unfinished?: readonly UnfinishedNotification[];
  /** Set where a worse alert has joined of which nobody was told; only where something was lost. */
  readonly isRaiseUntold?: true;
  readonly investigated: boolean;
}

export interface UnfinishedNotification {
  readonly sequence: number;
  readonly about: NotificationTopic;
  /** The channels that have not taken it yet, with the number of attempts that were made. */
  readonly channels: readonly { readonly id: string; readonly attempts: number }[];
}

/**
 * Takes up an incident from what is stored: at its start, and where the workflow's own memory was lost. `channels` are those that
 * are enabled now.
 */
export function resumeIncidentProgress(
  incident: Incident,
  timeline: readonly TimelineEvent[],
  channels: readonly Pick<Channel, 'id' | 'createdAtMs'>[],
): IncidentProgress {
  const attempts = timeline.flatMap(({ body }) =>
    body.kind === 'notification_attempted' || body.kind === 'notification_skipped' ? [body] : [],
  );
  const sequences = attempts.map((body) => (body.kind === 'notification_attempted' ? body.sequence : 0));
  const alerts = incident.alerts.map((alert) => ({
    episodeId: alert.episodeId,
    over: alert.resolvedAtMs !== undefined,
  }));
  const overAtMs = incident.alerts.map((alert) => alert.resolvedAtMs ?? 0);
  const unfinished = unfinishedNotifications(timeline, channels);
  const allOver = alerts.length > 0 && areAlertsOver(incident);
  return {
    status: incident.status,
    severity: incident.severity,
    alerts,
    ...(allOver ? { overSinceMs: Math.max(...overAtMs) } : {}),
    nextSequence: Math.max(attempts.length, ...sequences) + 1,
    notified: [...new Set(attempts.map((body) => body.about))],
    ...(unfinished.length > 0 ? { unfinished } : {}),
    ...(isRaiseUntold(timeline) ? { isRaiseUntold: true } : {}),
    investigated: wasInvestigated(timeline),
  };
}

/** A channel is never changed, so one that was there at the first attempt and has none of its own was meant and missed. */
function unfinishedNotifications(
  timeline: readonly TimelineEvent[],
  channels: readonly Pick<Channel, 'id' | 'createdAtMs'>[],
): readonly UnfinishedNotification[] {
  const attempts = timeline.flatMap(({ body, atMs }) =>
    body.kind === 'notification_attempted' ? [{ ...body, atMs }] : [],
  );
  const sequences = new Map(attempts.map(({ sequence, about }) => [sequence, about]));
  const all = [...sequences].map(([sequence, about]) => {
    const made = attempts.filter((attempt) => attempt.sequence === sequence);
    const firstAtMs = Math.min(...made.map(({ atMs }) => atMs));
    const lastOf = new Map(made.map((attempt) => [attempt.channelId, attempt]));
    const waiting = [...lastOf.values()].filter(({ outcome }) => outcome === 'failed_will_retry');
    const missed = channels.filter(({ id, createdAtMs }) => !lastOf.has(id) && createdAtMs <= firstAtMs);
    return {
      sequence,
      about,
      channels: [
        ...waiting.map(({ channelId, attempt }) => ({ id: channelId, attempts: attempt })),
        ...missed.map(({ id }) => ({ id, attempts: 0 })),
      ],
    };
  });
  return all.filter((notification) => notification.channels.length > 0);
}

/** Whether an alert has joined since people were last told of the incident that is worse than all before it. */
function isRaiseUntold(timeline: readonly TimelineEvent[]): boolean {
  const lastTold = timeline.findLastIndex(
    ({ body }) => body.kind === 'notification_attempted' || body.kind === 'notification_skipped',
  );
  // Who has not been told at all hears of the severity that it is by then.
  if (lastTold === -1) return false;
  const severities = (events: readonly TimelineEvent[]) =>
    events.flatMap(({ body }) => (body.kind === 'alert_fired' ? [body.transition.severity] : []));
  const told = severities(timeline.slice(0, lastTold));
  return severities(timeline.slice(lastTold)).some((severity) =>
    told.every((known) => isWorse(severity, known)),
  );
}

/** Whether the incident's own investigation, the first one, has come to an end: one that has not may be lost, and cannot start twice. */
function wasInvestigated(timeline: readonly TimelineEvent[]): boolean {
  const investigations = timeline.flatMap(({ body }) => ('investigationId' in body ? [body] : []));
  const [first] = investigations;
  return investigations.some(
    ({ kind, investigationId }) =>
      kind !== 'investigation_started' && investigationId === first?.investigationId,
  );
}

export function areAlertsOver({ alerts }: Incident): boolean {
  return alerts.every(({ resolvedAtMs }) => resolvedAtMs !== undefined);
}

/** An alert has joined that the workflow has not heard of yet: until it does, not all are over. */
export function withAlertToCome(progress: IncidentProgress): IncidentProgress {
  const { status, severity, alerts, nextSequence, notified, investigated } = progress;
  return { status, severity, alerts, nextSequence, notified, investigated };
}

export interface TransitionStep {
  readonly progress: IncidentProgress;
  /** Whether the timeline does not hold this end of an alert yet. Firing is put there by IncidentStore.openOrJoin. */
  readonly alertEnded: boolean;
  readonly severityRaised: boolean;
}

/** Hearing a transition again changes nothing. A resolved incident only takes note. */
export function nextIncidentProgress(
  progress: IncidentProgress,
  transition: Transition,
  nowMs: number,
): TransitionStep {
  const known = progress.alerts.find((alert) => alert.episodeId === transition.episodeId);
  if (transition.kind === 'resolved') {
    if (known?.over === true) return { progress, alertEnded: false, severityRaised: false };
    const next = withAlert(progress, transition.episodeId, true, nowMs);
    return { progress: next, alertEnded: true, severityRaised: false };
  }
  if (known !== undefined) return { progress, alertEnded: false, severityRaised: false };
  const joined = withAlert(progress, transition.episodeId, false, nowMs);
  const severityRaised = isWorse(transition.severity, progress.severity);
  return {
    progress: severityRaised ? { ...joined, severity: transition.severity } : joined,
    alertEnded: false,
    severityRaised: severityRaised && progress.status !== 'resolved',
  };
}

/** When the incident resolves by itself; undefined while an alert is not over, or once it is resolved. */
export function autoResolveAtMs(progress: IncidentProgress, autoResolveSeconds: number): number | undefined {
  if (progress.status === 'resolved' || progress.overSinceMs === undefined) return undefined;
  return progress.overSinceMs + autoResolveSeconds * 1000;
}

function withAlert(
  progress: IncidentProgress,
  episodeId: string,
  over: boolean,
  nowMs: number,
): IncidentProgress {
  const others = progress.alerts.filter((alert) => alert.episodeId !== episodeId);
  const alerts = withoutOldestEnded([...others, { episodeId, over }]);
  const overSince = alerts.every((alert) => alert.over) ? { overSinceMs: nowMs } : {};
  return { ...withAlertToCome(progress), alerts, ...overSince };
}

/** The oldest are those that were heard of longest ago. */
function withoutOldestEnded(alerts: IncidentProgress['alerts']): IncidentProgress['alerts'] {
  const ended = alerts.filter(({ over }) => over);
  const omitted = new Set(ended.slice(0, Math.max(0, ended.length - ENDED_ALERTS_MAX)));
  return alerts.filter((alert) => !omitted.has(alert));
}

function isWorse(severity: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(than);
}
