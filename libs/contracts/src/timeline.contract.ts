import { z } from 'zod';
import { describeValue } from '../../core/src/alerting/describe-value';
import type { Transition } from '../../core/src/alerting/rule-state';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import type {
  Actor,
  NotificationTopic,
  TimelineEvent,
  TimelineEventBody,
} from '../../core/src/incidents/timeline-event';
import { field, toTotals, totals } from './common.contract';

const timelineEventResponse = z
  .object({
    id: field(z.string(), 'Id of the event', '7f9c24e8-3b12-4fef-91e0-56a2d5a4f1d7'),
    at: field(z.string(), 'When it happened', '2026-01-15T12:00:00.000Z'),
    actor: field(
      z.object({
        kind: field(z.enum(['person', 'opspilot']), 'A person behind an API key, or OpsPilot', 'person'),
        name: field(z.string(), 'The name of the key', 'laptop').optional(),
      }),
      'Who did it',
      { kind: 'opspilot' },
    ),
    kind: field(z.string(), 'What happened', 'alert_fired'),
    text: field(
      z.string(),
      'The same as a plain sentence',
      'Alert "checkout is slow" fired: avg(latency_ms_p95) > 500 over 5m, at 812.5.',
    ),
    details: field(z.record(z.string(), z.unknown()), 'The figures and ids, by kind', { value: 812.5 }),
  })
  .meta({ id: 'TimelineEvent' });

export const timelineResponse = z.object({
  events: field(
    z.array(timelineEventResponse),
    'In the order in which they became known; `at` says when each happened',
    [],
  ),
  ...totals,
});

export function toTimelineResponse(page: Page<TimelineEvent>) {
  return { events: page.items.map(toTimelineEventResponse), ...toTotals(page) };
}

function toTimelineEventResponse(event: TimelineEvent) {
  return {
    id: event.id,
    at: toIso(event.atMs),
    actor: event.actor,
    kind: event.body.kind,
    text: toSentence(event.body, event.actor),
    details: toDetails(event.body),
  };
}

/** One plain sentence. What people and services wrote is quoted as it is: the reader's side must escape it. */
export function toSentence(body: TimelineEventBody, actor: Actor): string {
  const who = actor.kind === 'person' ? actor.name : 'OpsPilot';
  switch (body.kind) {
    case 'incident_opened':
      return `Incident #${body.number} was opened: ${body.title}.`;
    case 'alert_fired':
      return `Alert "${body.transition.ruleName}" fired${onWhich(body.transition)}: ${body.transition.condition}${atValue(body.transition)}${because(body.joinedBecause)}.`;
    case 'alert_resolved':
      return `Alert "${body.transition.ruleName}" is over${onWhich(body.transition)}${atValue(body.transition)}${endedBy(body.transition)}.`;
    case 'notification_attempted':
      return attemptSentence(body);
    case 'notification_skipped':
      return `No notification was sent about ${TOPICS[body.about]}: ${body.reason}.`;
    case 'acknowledged':
      return `${who} acknowledged the incident${quoted(body.comment)}.`;
    case 'commented':
      return `${who} commented: ${body.text}`;
    case 'resolved':
      return `${who} resolved the incident${quoted(body.comment)}.`;
    case 'investigation_started':
      return actor.kind === 'person' ? `${who} started an investigation.` : 'An investigation was started.';
    case 'investigation_finished':
      return `The investigation finished: ${body.summary}`;
    case 'investigation_failed':
      return `The investigation failed: ${body.reason}`;
  }
}

const TOPICS: Readonly<Record<NotificationTopic, string>> = {
  incident_opened: 'the opened incident',
  severity_raised: 'the raised severity',
  incident_resolved: 'the resolved incident',
};

const ENDED_BY: Readonly<Record<NonNullable<Transition['endedBy']>, string>> = {
  rule_deleted: 'its rule was deleted',
  rule_disabled: 'its rule was disabled',
};

function attemptSentence(body: Extract<TimelineEventBody, { kind: 'notification_attempted' }>): string {
  const about = TOPICS[body.about];
  const answered = body.status === undefined ? '' : ` (HTTP ${body.status})`;
  if (body.outcome === 'delivered') {
    return `Channel "${body.channelName}" was notified about ${about}${answered}, at attempt ${body.attempt}.`;
  }
  const next = body.outcome === 'failed_will_retry' ? 'it will be tried again' : 'it will not be tried again';
  const reason = body.reason === undefined ? '' : `: ${body.reason}`;
  return `Attempt ${body.attempt} to notify channel "${body.channelName}" about ${about} failed${answered}${reason}; ${next}.`;
}

function onWhich({ serviceName }: Transition): string {
  return serviceName === undefined ? '' : ` on ${serviceName}`;
}

function atValue({ value, threshold }: Transition): string {
  return value === undefined ? '' : `, at ${describeValue(value, threshold)}`;
}

function endedBy({ endedBy }: Transition): string {
  return endedBy === undefined ? '' : `: ${ENDED_BY[endedBy]}`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `; it joined this incident because ${reason}`;
}

function quoted(comment: string | undefined): string {
  return comment === undefined ? '' : `: ${comment}`;
}

function toDetails(body: TimelineEventBody): Readonly<Record<string, unknown>> {
  switch (body.kind) {
    case 'incident_opened':
      return { number: body.number, title: body.title, group: body.group };
    case 'alert_fired':
      return {
        ...toTransitionDetails(body.transition),
        ...(body.joinedBecause !== undefined && { joined_because: body.joinedBecause }),
      };
    case 'alert_resolved':
      return toTransitionDetails(body.transition);
    case 'notification_attempted':
      return {
        about: body.about,
        channel_id: body.channelId,
        channel_name: body.channelName,
        sequence: body.sequence,
        attempt: body.attempt,
        outcome: body.outcome,
        ...(body.status !== undefined && { status: body.status }),
        ...(body.reason !== undefined && { reason: body.reason }),
      };
    case 'notification_skipped':
      return { about: body.about, reason: body.reason };
    case 'acknowledged':
    case 'resolved':
      return body.comment === undefined ? {} : { comment: body.comment };
    case 'commented':
      return { text: body.text };
    case 'investigation_started':
      return { investigation_id: body.investigationId };
    case 'investigation_finished':
      return {
        investigation_id: body.investigationId,
        summary: body.summary,
        top_causes: body.topCauses.map((cause) => ({
          service_name: cause.serviceName,
          signal: cause.signal,
          cause_kind: cause.causeKind,
          score: cause.score,
        })),
      };
    case 'investigation_failed':
      return { investigation_id: body.investigationId, reason: body.reason };
  }
}

function toTransitionDetails(transition: Transition): Readonly<Record<string, unknown>> {
  return {
    rule_id: transition.ruleId,
    rule_name: transition.ruleName,
    labels: transition.labels,
    episode_id: transition.episodeId,
    evaluated_at: toIso(transition.evaluatedAtMs),
    since: toIso(transition.sinceMs),
    ...(transition.value !== undefined && { value: transition.value }),
    threshold: transition.threshold,
    condition: transition.condition,
    severity: transition.severity,
    ...(transition.serviceName !== undefined && { service_name: transition.serviceName }),
    incident_group: transition.incidentGroup,
    ...(transition.endedBy !== undefined && { ended_by: transition.endedBy }),
  };
}
