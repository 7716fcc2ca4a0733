import type { ChannelId, IncidentId, ProjectId } from '../../libs/core/src/common/ids';
import type { UnfinishedNotification } from '../../libs/core/src/incidents/incident-progress';
import type { NotificationTopic } from '../../libs/core/src/incidents/timeline-event';
import type { DeliveryLimits } from '../../libs/core/src/notify/next-attempt';
import type { DeliveryOutcome } from '../../libs/core/src/notify/notifier.port';

/** One message about an incident. `sequence` counts the messages of the incident. */
export interface NotificationInput {
  readonly projectId: ProjectId;
  readonly incidentId: IncidentId;
  readonly sequence: number;
  readonly about: NotificationTopic;
  /** Where it goes on after it was lost: the only channels that it is still for, with the attempts that were made. */
  readonly remainingChannels?: UnfinishedNotification['channels'];
}

/** A channel as the workflow knows it: its address and secret never enter a workflow's history. */
export interface PlannedChannel {
  readonly id: ChannelId;
  readonly name: string;
}

export interface NotificationPlan {
  readonly channels: readonly PlannedChannel[];
  readonly limits: DeliveryLimits & { readonly timeoutMs: number };
}

export interface DeliveryRequest extends NotificationInput {
  readonly channelId: ChannelId;
  /** The same for every attempt and channel of this message. */
  readonly notificationId: string;
}

/** How a channel's deliveries ended, for a person who looks at the workflow. */
export interface NotificationResult {
  readonly channels: readonly {
    readonly name: string;
    readonly delivered: boolean;
    readonly attempts: number;
  }[];
}

export interface NotificationActivities {
  planNotification(input: NotificationInput): Promise<NotificationPlan>;
  /** Makes one attempt. What the destination did is an outcome, never an error. */
  attemptDelivery(request: DeliveryRequest): Promise<DeliveryOutcome>;
}
