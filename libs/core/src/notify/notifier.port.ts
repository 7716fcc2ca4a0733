import type { Incident } from '../incidents/incident';
import type { NotificationTopic } from '../incidents/timeline-event';
import type { Channel } from './channel';

export interface Notification {
  /** The same for every attempt at this message, so that a receiver can drop repeats. */
  readonly notificationId: string;
  readonly about: NotificationTopic;
  /** Counts the messages about the incident, from 1: those that are tried again may arrive after later ones. */
  readonly sequence: number;
  readonly incident: Incident;
  /** Where a person can look at the incident. */
  readonly incidentUrl: string;
  /** Where runbooks are, by name below it. */
  readonly runbooksUrl: string;
  readonly sentAtMs: number;
}

export type DeliveryOutcome =
  | { readonly outcome: 'delivered'; readonly status: number }
  /** `retryable` says whether the same message may succeed later (429, 5xx, no answer) or never (other 4xx). */
  | {
      readonly outcome: 'failed';
      readonly retryable: boolean;
      readonly status?: number;
      /** For people; never holds the URL's credentials or the secret. */
      readonly reason: string;
      readonly retryAfterSeconds?: number;
    };

/** Sends one attempt. Does not throw for what the destination did: that is an outcome. */
export abstract class Notifier {
  abstract send(channel: Channel, notification: Notification): Promise<DeliveryOutcome>;
}
