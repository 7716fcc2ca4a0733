import type { Transition } from '../alerting/rule-state';
import type { IncidentId, InvestigationId, TimelineEventId } from '../common/ids';

/** Who did it: a person behind an API key, or OpsPilot. */
export type Actor = { readonly kind: 'person'; readonly name: string } | { readonly kind: 'opspilot' };

export function nameOfActor(actor: Actor): string {
  return actor.kind === 'person' ? actor.name : actor.kind;
}

/** What happened, by kind. Kinds are added, never changed: old events stay readable. */
export type TimelineEventBody =
  | {
      readonly kind: 'incident_opened';
      readonly number: number;
      readonly title: string;
      readonly group: string;
    }
  | { readonly kind: 'alert_fired'; readonly transition: Transition; readonly joinedBecause?: string }
  | { readonly kind: 'alert_resolved'; readonly transition: Transition }
  | {
      readonly kind: 'notification_attempted';
      readonly channelId: string;
      readonly channelName: string;
      readonly sequence: number;
      readonly attempt: number;
      readonly outcome: 'delivered' | 'failed_will_retry' | 'failed_for_good';
      /** HTTP status, where there was an answer. */
      readonly status?: number;
      /** Why it failed. Never holds a secret. */
      readonly reason?: string;
      readonly about: NotificationTopic;
    }
  | { readonly kind: 'notification_skipped'; readonly reason: string; readonly about: NotificationTopic }
  | { readonly kind: 'acknowledged'; readonly comment?: string }
  | { readonly kind: 'commented'; readonly text: string }
  | { readonly kind: 'resolved'; readonly comment?: string }
  | { readonly kind: 'investigation_started'; readonly investigationId: InvestigationId }
  | {
      readonly kind: 'investigation_finished';
      readonly investigationId: InvestigationId;
      readonly summary: string;
      /** The first hypotheses of the ranking. */
      readonly topCauses: readonly {
        readonly serviceName: string;
        readonly signal: string;
        readonly causeKind: string;
        readonly score: number;
      }[];
    }
  | {
      readonly kind: 'investigation_failed';
      readonly investigationId: InvestigationId;
      readonly reason: string;
    };

export type NotificationTopic = 'incident_opened' | 'severity_raised' | 'incident_resolved';

/** Append only. The id is chosen by whoever reports the event, so that reporting it twice adds it once. */
export interface TimelineEvent {
  readonly id: TimelineEventId;
  readonly incidentId: IncidentId;
  readonly atMs: number;
  readonly actor: Actor;
  readonly body: TimelineEventBody;
}

export type NewTimelineEvent = Omit<TimelineEvent, 'incidentId'>;
