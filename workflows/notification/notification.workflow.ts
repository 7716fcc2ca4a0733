import { proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import { asId, type TimelineEventId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import type { TimelineEventBody } from '../../libs/core/src/incidents/timeline-event';
import { nextAttempt } from '../../libs/core/src/notify/next-attempt';
import type { DeliveryOutcome } from '../../libs/core/src/notify/notifier.port';
import type { IncidentActivities } from '../incident/incident.contract';
import { TIMELINE_OPTIONS, deliveryOptions } from '../shared/activity-options';
import { deliveryQueueOf } from '../shared/task-queue.contract';
import type {
  NotificationActivities,
  NotificationInput,
  NotificationPlan,
  NotificationResult,
  PlannedChannel,
} from './notification.contract';

const { planNotification } = proxyActivities<NotificationActivities>(TIMELINE_OPTIONS);
const { appendToTimeline } = proxyActivities<IncidentActivities>(TIMELINE_OPTIONS);

const RECORDED_AS = { done: 'delivered', retry: 'failed_will_retry', give_up: 'failed_for_good' } as const;

/**
 * Delivers one message to every enabled channel, each by itself, until it is delivered or given up. Every attempt is put
 * on the timeline after it was made. At least once: where a worker dies between sending and recording, the attempt is
 * recorded as failed with unknown result and made again, under the same notification id.
 */
export async function notification(input: NotificationInput): Promise<NotificationResult> {
  const plan = await planNotification(input);
  if (plan.channels.length === 0) {
    const reason = 'the project has no enabled channel';
    await record(input, 'skipped', { kind: 'notification_skipped', reason, about: input.about });
    return { channels: [] };
  }
  const attemptsBefore = new Map(input.remainingChannels?.map(({ id, attempts }) => [id, attempts]));
  const channels = plan.channels.filter(
    ({ id }) => input.remainingChannels === undefined || attemptsBefore.has(id),
  );
  const deliveries = channels.map((channel) =>
    deliver(input, plan, channel, (attemptsBefore.get(channel.id) ?? 0) + 1),
  );
  return { channels: await Promise.all(deliveries) };
}

async function deliver(
  input: NotificationInput,
  plan: NotificationPlan,
  channel: PlannedChannel,
  firstAttempt: number,
) {
  const notificationId = uuidOfName(`notification:${input.incidentId}:${input.sequence}`);
  const { attemptDelivery } = proxyActivities<NotificationActivities>({
    ...deliveryOptions(plan.limits.timeoutMs),
    taskQueue: deliveryQueueOf(workflowInfo().taskQueue),
  });
  for (let attempt = firstAttempt; ; attempt++) {
    const outcome = await attemptDelivery({ ...input, channelId: channel.id, notificationId }).catch(
      unknownOutcome,
    );
    const next = nextAttempt(outcome, attempt, plan.limits, `${notificationId}:${channel.id}`);
    await record(input, `${channel.id}:${attempt}`, {
      kind: 'notification_attempted',
      channelId: channel.id,
      channelName: channel.name,
      sequence: input.sequence,
      attempt,
      outcome: RECORDED_AS[next.decision],
      ...(outcome.status === undefined ? {} : { status: outcome.status }),
      ...(outcome.outcome === 'failed' ? { reason: outcome.reason } : {}),
      about: input.about,
    });
    if (next.decision !== 'retry') {
      return { name: channel.name, delivered: next.decision === 'done', attempts: attempt };
    }
    await sleep(next.waitMs);
  }
}

async function record(input: NotificationInput, what: string, body: TimelineEventBody): Promise<void> {
  const id = uuidOfName(`notification:${input.incidentId}:${input.sequence}:${what}`);
  const event = {
    id: asId<TimelineEventId>(id),
    atMs: Date.now(),
    actor: { kind: 'opspilot' } as const,
    body,
  };
  await appendToTimeline(input.projectId, input.incidentId, [event]);
}

/** The attempt's activity itself failed: the worker died, or an engine was away. */
function unknownOutcome(): DeliveryOutcome {
  return {
    outcome: 'failed',
    retryable: true,
    reason: 'the attempt broke off before its result was known; it may have been delivered',
  };
}
