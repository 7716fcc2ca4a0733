import type { Clock } from '../../libs/core/src/common/clock';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { Channel } from '../../libs/core/src/notify/channel';
import type { ChannelStore } from '../../libs/core/src/notify/channel-store.port';
import type { DeliveryLimits } from '../../libs/core/src/notify/next-attempt';
import type { DeliveryOutcome, Notifier } from '../../libs/core/src/notify/notifier.port';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { findIncident } from '../incident/find-incident';
import { asActivities } from '../shared/activity-failure';
import { enabledChannels } from './enabled-channels';
import type { DeliveryRequest, NotificationActivities, NotificationInput } from './notification.contract';
import type { NotificationMetrics } from './notification-metrics';

export interface NotificationActivityDependencies {
  readonly incidentStore: IncidentStore;
  readonly channelStore: ChannelStore;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly counters: NotificationMetrics;
  readonly limits: DeliveryLimits & { readonly timeoutMs: number };
  /** How people reach OpsPilot, without a trailing slash. */
  readonly publicUrl: string;
}

export function createNotificationActivities(deps: NotificationActivityDependencies): NotificationActivities {
  return asActivities({
    async planNotification({ projectId }: NotificationInput) {
      const channels = await enabledChannels(deps.channelStore, scopeOfProject(projectId));
      return { channels: channels.map(({ id, name }) => ({ id, name })), limits: deps.limits };
    },

    async attemptDelivery(request: DeliveryRequest): Promise<DeliveryOutcome> {
      const scope = scopeOfProject(request.projectId);
      const incident = await findIncident(deps.incidentStore, scope, request.incidentId);
      const channel = await deps.channelStore.find(scope, request.channelId);
      if (channel === undefined || !channel.enabled) return goneSince(channel);
      const outcome = await deps.notifier.send(channel, {
        notificationId: request.notificationId,
        about: request.about,
        sequence: request.sequence,
        incident,
        incidentUrl: `${deps.publicUrl}/api/incidents/${incident.id}`,
        runbooksUrl: `${deps.publicUrl}/api/runbooks`,
        sentAtMs: deps.clock.now(),
      });
      deps.counters.attempts.inc({ outcome: countedAs(outcome) });
      return outcome;
    },
  });
}

function countedAs(outcome: DeliveryOutcome): string {
  if (outcome.outcome === 'delivered') return 'delivered';
  return outcome.retryable ? 'failed_retryable' : 'failed_for_good';
}

function goneSince(channel: Channel | undefined): DeliveryOutcome {
  const what = channel === undefined ? 'deleted' : 'switched off';
  return { outcome: 'failed', retryable: false, reason: `the channel was ${what}` };
}
