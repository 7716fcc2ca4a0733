import { NoLanguageModel } from '../../libs/adapters/llm/src/no-language-model';
import type { NotificationActivities } from '../../workflows/notification/notification.contract';
import { bodiesOf, type IncidentWorld, startIncidentWorld, transitionOf } from '../support/incident-world';
import { waitFor } from '../support/wait-for';
import { WebhookServer } from '../support/webhook-server';

/** Activities that a worker has room for besides deliveries. */
const WORKER_PLACES = 30;
const SILENT_CHANNELS = 40;

/** How often a worker "dies" right after it has sent. */
let deaths = 0;
/** What happens to a channel right after the next attempt. */
let deleteAfterSend: (() => Promise<unknown>) | undefined;
let world: IncidentWorld;
let webhook: WebhookServer;

function dyingAfterSend(activities: NotificationActivities): NotificationActivities {
  return {
    ...activities,
    attemptDelivery: async (request) => {
      const outcome = await activities.attemptDelivery(request);
      await deleteAfterSend?.();
      deleteAfterSend = undefined;
      if (deaths === 0) return outcome;
      deaths--;
      throw new Error('the worker died');
    },
  };
}

beforeAll(async () => {
  webhook = await WebhookServer.start();
  world = await startIncidentWorld({
    languageModel: new NoLanguageModel(),
    maxAttempts: 3,
    answerTimeoutMs: 120_000,
    wrapNotification: dyingAfterSend,
  });
});
afterAll(async () => {
  await world.stop();
  await webhook.stop();
});

async function attemptsAfter(count: number) {
  const scope = await world.newScope();
  await world.addChannel(scope, 'ops', webhook.url);
  const transition = transitionOf(scope);
  await world.activities.deliverTransition(transition);
  return waitFor(`${count} attempts`, async () => {
    const incident = await world.incidentStore.findByEpisode(scope, transition.episodeId);
    if (incident === undefined) return undefined;
    const made = bodiesOf(await world.timeline(scope, incident.id), 'notification_attempted');
    return made.length === count ? made : undefined;
  });
}

it('keeps an attempt whose result was lost with the worker, and sends again under the same id', async () => {
  deaths = 1;
  const attempts = await attemptsAfter(2);
  expect(attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    [1, 'failed_will_retry'],
    [2, 'delivered'],
  ]);
  expect(attempts[0]?.reason).toContain('may have been delivered');
  const ids = webhook.received.map(({ headers }) => headers['x-opspilot-notification-id']);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

it('gives up after the configured number of attempts, and says so', async () => {
  webhook.answer({ status: 503 }, { status: 503 }, { status: 503 });
  const attempts = await attemptsAfter(3);
  expect(attempts.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['failed_will_retry', 'answered 503'],
    ['failed_will_retry', 'answered 503'],
    ['failed_for_good', 'answered 503'],
  ]);
  const counted = { outcome: 'failed_retryable' };
  expect(await world.metrics.total('opspilot_notification_attempts_total', counted)).toBe(3);
});

it('stops where the channel is deleted meanwhile, and says so', async () => {
  const scope = await world.newScope();
  await world.addChannel(scope, 'ops', 'http://127.0.0.1:1/');
  const [channel] = (await world.channelStore.list(scope, { limit: 1 })).items;
  if (channel === undefined) throw new Error('there is no channel');
  deleteAfterSend = () => world.channelStore.delete(scope, channel.id);
  const transition = transitionOf(scope);
  await world.activities.deliverTransition(transition);
  const last = await waitFor('the end of it', async () => {
    const incident = await world.incidentStore.findByEpisode(scope, transition.episodeId);
    if (incident === undefined) return undefined;
    const made = bodiesOf(await world.timeline(scope, incident.id), 'notification_attempted');
    return made.find(({ outcome }) => outcome === 'failed_for_good');
  });
  expect(last).toMatchObject({ attempt: 2, channelName: 'ops', reason: 'the channel was deleted' });
});

it('holds up nothing else while receivers say nothing, however many they are', async () => {
  const silent = await WebhookServer.start(Array(SILENT_CHANNELS).fill({ status: 200, hang: true }));
  try {
    const scope = await world.newScope();
    for (let channel = 0; channel < SILENT_CHANNELS; channel++)
      await world.addChannel(scope, `silent ${channel}`, silent.url);
    const transition = transitionOf(scope);
    await world.activities.deliverTransition(transition);
    await waitFor('receivers to be asked', () =>
      silent.received.length >= WORKER_PLACES ? true : undefined,
    );

    const other = await world.newScope();
    const next = transitionOf(other);
    await world.activities.deliverTransition(next);
    await waitFor('the investigation of another incident', async () => {
      const incident = await world.incidentStore.findByEpisode(other, next.episodeId);
      if (incident === undefined) return undefined;
      return bodiesOf(await world.timeline(other, incident.id), 'investigation_finished')[0];
    });
    const waiting = await world.incidentStore.findByEpisode(scope, transition.episodeId);
    if (waiting === undefined) throw new Error('no incident was opened');
    expect(bodiesOf(await world.timeline(scope, waiting.id), 'notification_attempted')).toEqual([]);
  } finally {
    await silent.stop();
  }
});

it('numbers the messages about an incident, so that one that arrives late is known as such', async () => {
  const scope = await world.newScope();
  await world.addChannel(scope, 'ops', webhook.url);
  const transition = transitionOf(scope);
  const before = webhook.received.length;
  webhook.answer({ status: 503 });
  await world.activities.deliverTransition(transition);
  const incident = await world.incidentStore.findByEpisode(scope, transition.episodeId);
  if (incident === undefined) throw new Error('no incident was opened');
  await world.commands.resolve(scope, incident.id, { kind: 'person', name: 'ann' });
  const messages = await waitFor('both messages', () => {
    const sent = webhook.received.slice(before).map(({ body }) => JSON.parse(body));
    return new Set(sent.map(({ about }) => about)).size === 2 && sent.length === 3 ? sent : undefined;
  });
  expect(new Set(messages.map(({ about, sequence }) => `${sequence} ${about}`))).toEqual(
    new Set(['1 incident_opened', '2 incident_resolved']),
  );
});
