import { Client, Connection } from '@temporalio/client';
import { NoLanguageModel } from '../../libs/adapters/llm/src/no-language-model';
import { systemClock } from '../../libs/core/src/common/clock';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type IncidentId } from '../../libs/core/src/common/ids';
import type { Incident } from '../../libs/core/src/incidents/incident';
import type { Actor } from '../../libs/core/src/incidents/timeline-event';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { TemporalIncidentCommands } from '../../workflows/incident/incident.client';
import {
  INCIDENT_STATE_QUERY,
  INCIDENT_WORKFLOW,
  type IncidentInput,
  type IncidentState,
} from '../../workflows/incident/incident.contract';
import { incidentWorkflowId, notificationWorkflowId } from '../../workflows/shared/workflow-ids';
import { bodiesOf, type IncidentWorld, startIncidentWorld, transitionOf } from '../support/incident-world';
import { waitFor } from '../support/wait-for';
import { WebhookServer } from '../support/webhook-server';
import { recordHistory } from '../support/workflow-history';

const ann: Actor = { kind: 'person', name: 'ann' };
const bob: Actor = { kind: 'person', name: 'bob' };

let world: IncidentWorld;
let webhook: WebhookServer;
let scope: ProjectScope;

beforeAll(async () => {
  world = await startIncidentWorld({ languageModel: new NoLanguageModel(), autoResolveSeconds: 1 });
});
afterAll(() => world.stop());

beforeEach(async () => {
  webhook = await WebhookServer.start();
  scope = await world.newScope();
});
afterEach(() => webhook.stop());

async function open(change: Parameters<typeof transitionOf>[1] = {}): Promise<Incident> {
  const transition = transitionOf(scope, change);
  await world.activities.deliverTransition(transition);
  const incident = await world.incidentStore.findByEpisode(scope, transition.episodeId);
  if (incident === undefined) throw new Error('no incident was opened');
  return incident;
}

async function bodies<Kind extends Parameters<typeof bodiesOf>[1]>(id: IncidentId, kind: Kind) {
  return bodiesOf<Kind>(await world.timeline(scope, id), kind);
}

function waitForStatus(id: IncidentId, status: Incident['status']): Promise<Incident> {
  return waitFor(`the incident to be ${status}`, async () => {
    const incident = await world.incidentStore.find(scope, id);
    return incident?.status === status ? incident : undefined;
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OpsError) return error.code;
  throw new Error(`expected an OpsError, got ${String(error)}`);
}

it('lives from its first alert to its end: notified with retries, acknowledged once, resolved, everything on the timeline', async () => {
  webhook.answer({ status: 500 }, { status: 500 });
  await world.addChannel(scope, 'ops', webhook.url);
  const { id } = await open();

  const attempts = await waitFor('three attempts', async () => {
    const made = await bodies(id, 'notification_attempted');
    return made.length === 3 ? made : undefined;
  });
  expect(attempts.map(({ attempt, outcome, status }) => [attempt, outcome, status])).toEqual([
    [1, 'failed_will_retry', 500],
    [2, 'failed_will_retry', 500],
    [3, 'delivered', 200],
  ]);
  const ids = webhook.received.map(({ headers }) => headers['x-opspilot-notification-id']);
  expect(new Set(ids).size).toBe(1);
  expect(JSON.parse(webhook.received[0]?.body ?? '')).toMatchObject({
    about: 'incident_opened',
    incident: { id, status: 'open' },
    incident_url: `http://127.0.0.1:3000/api/incidents/${id}`,
  });

  const raced = await Promise.all([
    world.commands.acknowledge(scope, id, ann, 'looking'),
    world.commands.acknowledge(scope, id, bob),
  ]);
  expect(raced.map((incident) => incident.status)).toEqual(['acknowledged', 'acknowledged']);
  expect(await bodies(id, 'acknowledged')).toHaveLength(1);
  expect(new Set(raced.map((incident) => incident.acknowledgedBy)).size).toBe(1);

  await world.commands.comment(scope, id, bob, 'rolled back');
  const resolved = await world.commands.resolve(scope, id, ann, 'fixed');
  expect(resolved).toMatchObject({ status: 'resolved', resolvedBy: 'ann' });
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).result();

  const kinds = (await world.timeline(scope, id)).map(({ body }) => body.kind);
  expect(kinds.slice(0, 2)).toEqual(['incident_opened', 'alert_fired']);
  expect(kinds.filter((kind) => kind === 'resolved')).toHaveLength(1);
  expect(kinds).toContain('investigation_finished');
  expect(webhook.received.map(({ body }) => JSON.parse(body).about)).toContain('incident_resolved');
  await recordHistory(world.client, incidentWorkflowId(scope.projectId, id), 'incident');
  await recordHistory(world.client, notificationWorkflowId(id, 1), 'notification');
});

it('refuses to acknowledge or resolve what is resolved, and still takes comments', async () => {
  const { id } = await open();
  await world.commands.resolve(scope, id, ann);
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).result();
  expect(await codeOf(world.commands.acknowledge(scope, id, bob))).toBe('OPS_INCIDENT_CLOSED');
  expect(await codeOf(world.commands.resolve(scope, id, bob))).toBe('OPS_INCIDENT_CLOSED');
  await world.commands.comment(scope, id, bob, 'for the record');
  expect(await bodies(id, 'commented')).toEqual([{ kind: 'commented', text: 'for the record' }]);
  const stranger = await world.newScope();
  expect(await codeOf(world.commands.comment(stranger, id, bob, 'x'))).toBe('OPS_INCIDENT_NOT_FOUND');
});

it('lets exactly one of two racing resolves win', async () => {
  const { id } = await open();
  const raced = await Promise.allSettled([
    world.commands.resolve(scope, id, ann),
    world.commands.resolve(scope, id, bob),
  ]);
  expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await bodies(id, 'resolved')).toHaveLength(1);
});

it('joins a worse alert and says so once, and resolves by itself when all alerts are over', async () => {
  await world.addChannel(scope, 'ops', webhook.url);
  const first = transitionOf(scope);
  const second = transitionOf(scope, { severity: 'critical', ruleName: 'checkout down' });
  await world.activities.deliverTransition(first);
  const incident = await world.incidentStore.findByEpisode(scope, first.episodeId);
  if (incident === undefined) throw new Error('no incident was opened');
  await waitFor('the first notification', () => webhook.received[0]);
  for (const transition of [second, second, first]) await world.activities.deliverTransition(transition);
  await waitFor('the second notification', () => webhook.received[1]);

  await world.activities.deliverTransition({ ...first, kind: 'resolved', evaluatedAtMs: Date.now() });
  await world.activities.deliverTransition({ ...second, kind: 'resolved', evaluatedAtMs: Date.now() });
  await world.activities.deliverTransition({ ...second, kind: 'resolved', evaluatedAtMs: Date.now() });
  const resolved = await waitForStatus(incident.id, 'resolved');
  expect(resolved.severity).toBe('critical');
  expect(await bodies(incident.id, 'alert_fired')).toHaveLength(2);
  expect(await bodies(incident.id, 'alert_resolved')).toHaveLength(2);
  const last = (await world.timeline(scope, incident.id)).find(({ body }) => body.kind === 'resolved');
  expect(last?.actor).toEqual({ kind: 'opspilot' });
  const workflowId = incidentWorkflowId(scope.projectId, incident.id);
  await world.client.workflow.getHandle(workflowId).result();
  await recordHistory(world.client, workflowId, 'incident-resolved-by-itself');
  expect(webhook.received.map(({ body }) => JSON.parse(body).about)).toEqual([
    'incident_opened',
    'severity_raised',
    'incident_resolved',
  ]);
});

it('stays open for an alert that has joined it, also where it was about to resolve before it heard of it', async () => {
  await world.addChannel(scope, 'ops', webhook.url);
  const first = transitionOf(scope);
  const second = transitionOf(scope, { severity: 'critical' });
  await world.activities.deliverTransition(first);
  await waitFor('the workflow to know the first alert', () => webhook.received[0]);
  const { incident } = await world.incidentStore.openOrJoin(scope, second, asId('of the second'));
  await world.activities.deliverTransition({ ...first, kind: 'resolved' });
  const handle = world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, incident.id));
  await waitFor('it to find the alert in its way', async () => {
    const { progress } = await handle.query<IncidentState>(INCIDENT_STATE_QUERY);
    const isAnyOver = progress.alerts.some(({ over }) => over);
    return isAnyOver && progress.overSinceMs === undefined ? true : undefined;
  });
  expect(await world.commands.acknowledge(scope, incident.id, ann)).toMatchObject({ status: 'acknowledged' });
  await world.activities.deliverTransition(second);
  await waitFor('people to hear of the second alert', () => webhook.received[1]);
  await world.activities.deliverTransition({ ...second, kind: 'resolved' });
  await waitForStatus(incident.id, 'resolved');
  await handle.result();
  expect(await bodies(incident.id, 'resolved')).toHaveLength(1);
  expect(webhook.received.map(({ body }) => JSON.parse(body).about)).toEqual([
    'incident_opened',
    'severity_raised',
    'incident_resolved',
  ]);
});

it('says why nobody was notified where there is no channel', async () => {
  const { id } = await open();
  const skipped = await waitFor(
    'the skipped notification',
    async () => (await bodies(id, 'notification_skipped'))[0],
  );
  expect(skipped).toEqual({
    kind: 'notification_skipped',
    about: 'incident_opened',
    reason: 'the project has no enabled channel',
  });
});

it('delivers to each channel by itself, and gives up for good where a channel refuses', async () => {
  const other = await WebhookServer.start([{ status: 404 }]);
  try {
    await world.addChannel(scope, 'good', webhook.url);
    await world.addChannel(scope, 'bad', other.url);
    const { id } = await open();
    const attempts = await waitFor('both outcomes', async () => {
      const made = await bodies(id, 'notification_attempted');
      return made.length === 2 ? made : undefined;
    });
    const byName = Object.fromEntries(attempts.map(({ channelName, outcome }) => [channelName, outcome]));
    expect(byName).toEqual({ good: 'delivered', bad: 'failed_for_good' });
  } finally {
    await other.stop();
  }
});

it('goes on where Temporal has lost the workflow: nobody is told twice, and commands work', async () => {
  await world.addChannel(scope, 'ops', webhook.url);
  const { id } = await open();
  await waitFor(
    'the notification on the timeline',
    async () => (await bodies(id, 'notification_attempted'))[0],
  );
  await waitFor('the investigation', async () => (await bodies(id, 'investigation_finished'))[0]);
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).terminate('lost');

  const acknowledged = await world.commands.acknowledge(scope, id, ann);
  expect(acknowledged.acknowledgedBy).toBe('ann');
  await world.commands.resolve(scope, id, bob);
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).result();
  expect(webhook.received.map(({ body }) => JSON.parse(body).about)).toEqual([
    'incident_opened',
    'incident_resolved',
  ]);
  expect(await bodies(id, 'investigation_started')).toHaveLength(1);
});

it('goes on in a new run with what the run before remembered', async () => {
  await world.addChannel(scope, 'ops', webhook.url);
  const { id } = await open();
  await waitFor('the notification', () => webhook.received[0]);
  const workflowId = incidentWorkflowId(scope.projectId, id);
  const before = world.client.workflow.getHandle(workflowId);
  const carried = await before.query<IncidentState>(INCIDENT_STATE_QUERY);
  expect(carried.progress).toMatchObject({
    status: 'open',
    notified: ['incident_opened'],
    investigated: true,
  });
  await before.terminate('continues as new');
  const input: IncidentInput = { projectId: scope.projectId, incidentId: id, carried };
  const { taskQueue } = world;
  await world.client.workflow.start(INCIDENT_WORKFLOW, { workflowId, taskQueue, args: [input] });
  await world.commands.resolve(scope, id, ann);
  await world.client.workflow.getHandle(workflowId).result();
  expect(webhook.received.map(({ body }) => JSON.parse(body).about)).toEqual([
    'incident_opened',
    'incident_resolved',
  ]);
});

it('says that Temporal, or a worker, is not there, rather than wait for it', async () => {
  const { id } = await open();
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).terminate('lost');
  const { client, incidentStore } = world;
  const shared = { incidentStore, clock: systemClock, timeoutMs: 500 };
  const withoutWorker = new TemporalIncidentCommands({ ...shared, client, taskQueue: 'nobody-serves-this' });
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  try {
    const withoutServer = new TemporalIncidentCommands({
      ...shared,
      client: new Client({ connection }),
      taskQueue: world.taskQueue,
    });
    // Without its limit either would be waited for until Jest gives up.
    expect(await codeOf(withoutServer.acknowledge(scope, id, ann))).toBe('OPS_WORKFLOW_UNAVAILABLE');
    expect(await codeOf(withoutWorker.acknowledge(scope, id, ann))).toBe('OPS_WORKFLOW_UNAVAILABLE');
  } finally {
    await client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).terminate('test is over');
    await connection.close();
  }
});

it('asks for another try where an alert ends before its firing has arrived', async () => {
  const early = transitionOf(scope, { kind: 'resolved' });
  await expect(world.activities.deliverTransition(early)).rejects.toMatchObject({
    type: 'unavailable',
    nonRetryable: false,
  });
});
