import { randomUUID } from 'node:crypto';
import { NoLanguageModel } from '../../libs/adapters/llm/src/no-language-model';
import { ruleOf } from '../../libs/conformance/src/rule-of';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import {
  asId,
  type IncidentId,
  type InvestigationId,
  type TimelineEventId,
} from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import type { TimelineEventBody } from '../../libs/core/src/incidents/timeline-event';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { incidentSweep } from '../../workflows/incident/incident-sweep.workflow';
import { INCIDENT_WORKFLOW } from '../../workflows/incident/incident.contract';
import { INVESTIGATION_WORKFLOW } from '../../workflows/investigation/investigation.contract';
import { incidentWorkflowId, investigationWorkflowId } from '../../workflows/shared/workflow-ids';
import { bodiesOf, type IncidentWorld, startIncidentWorld, transitionOf } from '../support/incident-world';
import { waitFor } from '../support/wait-for';
import { WebhookServer } from '../support/webhook-server';
import { recordHistory } from '../support/workflow-history';

const RULES_MAX = 10;
const MINUTE_MS = 60_000;

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
  await world.addChannel(scope, 'ops', webhook.url);
});
afterEach(() => webhook.stop());

function sweep(workflowId = `incidentSweep:test:${randomUUID()}`) {
  const { client, taskQueue } = world;
  const args: Parameters<typeof incidentSweep> = [{ shard: 0, shards: 1 }];
  return client.workflow.execute<typeof incidentSweep>('incidentSweep', { workflowId, taskQueue, args });
}

/** Decided and saved by an evaluation so long ago. */
async function saved(agoMs: number, change: Partial<Transition> = {}): Promise<Transition> {
  const rule = ruleOf(scope);
  await world.ruleStore.create(scope, rule, RULES_MAX);
  const evaluatedAtMs = Date.now() - agoMs;
  const transition = transitionOf(scope, { ruleId: rule.id, evaluatedAtMs, ...change });
  const { ruleId, labels, episodeId, sinceMs } = transition;
  const state = { ruleId, labels, state: { phase: 'firing', sinceMs, episodeId }, evaluatedAtMs } as const;
  await world.ruleStateStore.save(scope, evaluatedAtMs, [state], [transition]);
  return transition;
}

async function opened(transition: Transition): Promise<IncidentId> {
  const id = asId<IncidentId>(randomUUID());
  return (await world.incidentStore.openOrJoin(scope, transition, id)).incident.id;
}

const topics = () => webhook.received.map(({ body }) => (JSON.parse(body) as { about: string }).about);

it('brings a transition to its incident that was saved and never arrived, unless it may be on its way', async () => {
  const young = await saved(MINUTE_MS);
  const lost = await saved(10 * MINUTE_MS);
  const workflowId = `incidentSweep:test:${randomUUID()}`;
  expect(await sweep(workflowId)).toMatchObject({ failedProjects: 0, delivered: 1 });
  const incident = await world.incidentStore.findByEpisode(scope, lost.episodeId);
  expect(incident?.status).toBe('open');
  expect(await world.incidentStore.findByEpisode(scope, young.episodeId)).toBeUndefined();
  await waitFor('people to be told', () => (topics()[0] === 'incident_opened' ? true : undefined));
  await recordHistory(world.client, workflowId, 'incidentSweep');
  expect(await sweep()).toMatchObject({ failedProjects: 0, delivered: 0, resumed: 0 });
});

it('goes on with an incident whose workflow is lost: people hear of it, and it resolves by itself', async () => {
  const fired = transitionOf(scope);
  const id = await opened(fired);
  await world.incidentStore.append(scope, id, [
    {
      id: asId(randomUUID()),
      atMs: Date.now(),
      actor: { kind: 'opspilot' },
      body: { kind: 'alert_resolved', transition: { ...fired, kind: 'resolved' } },
    },
  ]);
  expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 1 });
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).result();
  expect((await world.incidentStore.find(scope, id))?.status).toBe('resolved');
  expect(topics()).toEqual(['incident_opened', 'incident_resolved']);
});

it('leaves an incident alone whose workflow runs', async () => {
  const fired = transitionOf(scope);
  await world.activities.deliverTransition(fired);
  expect(await sweep()).toMatchObject({ failedProjects: 0, delivered: 0, resumed: 0 });
});

it.each([
  ['was tried again', true],
  ['has no attempt', false],
])(
  'goes on with a lost notification for the channel where it %s, and for no other',
  async (_what, wasTried) => {
    const other = await WebhookServer.start();
    try {
      await world.addChannel(scope, 'late', other.url);
      const { items } = await world.channelStore.list(scope, { limit: 10 });
      const channelId = (name: string) => items.find((channel) => channel.name === name)?.id ?? '';
      const id = await opened(transitionOf(scope));
      const attempted = (channel: string, outcome: 'delivered' | 'failed_will_retry') => ({
        id: asId<TimelineEventId>(randomUUID()),
        atMs: Date.now(),
        actor: { kind: 'opspilot' } as const,
        body: {
          kind: 'notification_attempted' as const,
          channelId: channelId(channel),
          channelName: channel,
          sequence: 1,
          attempt: 1,
          outcome,
          about: 'incident_opened' as const,
        },
      });
      await world.incidentStore.append(scope, id, [
        ...(wasTried ? [attempted('late', 'failed_will_retry')] : []),
        attempted('ops', 'delivered'),
      ]);
      await sweep();
      const attempts = await waitFor('its delivery', async () => {
        const made = bodiesOf(await world.timeline(scope, id), 'notification_attempted');
        return made.at(-1)?.channelName === 'late' && made.at(-1)?.outcome === 'delivered' ? made : undefined;
      });
      expect(attempts.at(-1)).toMatchObject({ sequence: 1, attempt: wasTried ? 2 : 1 });
      expect(other.received).toHaveLength(1);
      expect(webhook.received).toEqual([]);
    } finally {
      await other.stop();
    }
  },
);

describe('an incident that is resolved and whose workflow is lost', () => {
  let id: IncidentId;

  beforeEach(async () => {
    id = await opened(transitionOf(scope));
  });

  const append = (body: TimelineEventBody, atMs = Date.now()) =>
    world.incidentStore.append(scope, id, [
      { id: asId(randomUUID()), atMs, actor: { kind: 'person', name: 'ada' }, body },
    ]);
  const attempted = async (outcome: 'delivered' | 'failed_will_retry' | 'failed_for_good') => {
    const [channel] = (await world.channelStore.list(scope, { limit: 1 })).items;
    await append({
      kind: 'notification_attempted',
      channelId: channel?.id ?? '',
      channelName: 'ops',
      sequence: 2,
      attempt: 1,
      outcome,
      about: 'incident_resolved',
    });
  };

  it.each([
    ['is still tried', true],
    ['has no attempt', false],
  ])('has its end told where the notification %s', async (_what, wasTried) => {
    await append({ kind: 'resolved' });
    if (wasTried) await attempted('failed_will_retry');
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 1 });
    await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).result();
    expect(topics()).toEqual(['incident_resolved']);
    expect(bodiesOf(await world.timeline(scope, id), 'notification_attempted').at(-1)).toMatchObject({
      about: 'incident_resolved',
      attempt: wasTried ? 2 : 1,
      outcome: 'delivered',
    });
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 0 });
  });

  it.each([
    ['was told', 'delivered' as const],
    ['was given up', 'failed_for_good' as const],
  ])('is left alone where its end %s, and so is one of before yesterday', async (_what, outcome) => {
    await append({ kind: 'resolved' });
    await attempted(outcome);
    id = await opened(transitionOf(scope, { incidentGroup: 'old' }));
    await append({ kind: 'resolved' }, Date.now() - 25 * 60 * MINUTE_MS);
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 0 });
  });

  it('is left alone where somebody has terminated its workflow', async () => {
    const workflow = await world.client.workflow.start(INCIDENT_WORKFLOW, {
      workflowId: incidentWorkflowId(scope.projectId, id),
      taskQueue: `nobody:${randomUUID()}`,
      args: [{ projectId: scope.projectId, incidentId: id }],
    });
    await append({ kind: 'resolved' });
    await workflow.terminate();
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 0 });
  });

  it('is left alone where the only channel was made afterwards', async () => {
    const [channel] = (await world.channelStore.list(scope, { limit: 1 })).items;
    await world.channelStore.delete(scope, channel?.id ?? asId(''));
    await world.addChannel(scope, 'later', webhook.url, Date.now());
    await append({ kind: 'resolved' }, Date.now() - MINUTE_MS);
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 0 });
  });
});

it('tells that an incident became worse where its workflow never heard of it', async () => {
  const incidentGroup = randomUUID();
  const fired = transitionOf(scope, { incidentGroup });
  await world.activities.deliverTransition(fired);
  await waitFor('people to be told', () => (topics()[0] === 'incident_opened' ? true : undefined));
  const { id } = (await world.incidentStore.findByEpisode(scope, fired.episodeId)) ?? {
    id: asId<IncidentId>(''),
  };
  await waitFor('that to be on the timeline', async () =>
    bodiesOf(await world.timeline(scope, id), 'notification_attempted').length > 0 ? true : undefined,
  );
  await world.client.workflow.getHandle(incidentWorkflowId(scope.projectId, id)).terminate();
  await opened(transitionOf(scope, { incidentGroup, severity: 'critical' }));
  await sweep();
  await waitFor('the news', () => (topics().includes('severity_raised') ? true : undefined));
  expect(topics()).toEqual(['incident_opened', 'severity_raised']);
});

it('has an investigation made to its end that was lost on the way', async () => {
  const id = await opened(transitionOf(scope));
  const investigationId = asId<InvestigationId>(uuidOfName(`investigation:${id}:first`));
  await world.incidentStore.append(scope, id, [
    {
      id: asId(randomUUID()),
      atMs: Date.now(),
      actor: { kind: 'opspilot' },
      body: { kind: 'investigation_started', investigationId },
    },
  ]);
  await sweep();
  const [finished] = await waitFor('its end', async () => {
    const ends = bodiesOf(await world.timeline(scope, id), 'investigation_finished');
    return ends.length > 0 ? ends : undefined;
  });
  expect(finished?.investigationId).toBe(investigationId);
  expect((await world.investigationStore.find(scope, investigationId))?.status).toBe('finished');
});

describe('an investigation that is stored as running', () => {
  let incidentId: IncidentId;
  let investigationId: InvestigationId;

  /** Asked for by a person, of an incident that was resolved days ago: nothing else looks after it. */
  beforeEach(async () => {
    incidentId = await opened(transitionOf(scope));
    await world.incidentStore.append(scope, incidentId, [
      {
        id: asId(randomUUID()),
        atMs: Date.now() - 50 * 60 * MINUTE_MS,
        actor: { kind: 'person', name: 'ada' },
        body: { kind: 'resolved' },
      },
    ]);
    investigationId = asId<InvestigationId>(randomUUID());
    await world.investigationStore.create(scope, {
      id: investigationId,
      projectId: scope.projectId,
      incidentId,
      status: 'running',
      requestedBy: 'ada',
      startedAtMs: Date.now(),
    });
  });

  const stored = async () => world.investigationStore.find(scope, investigationId);
  const input = () => ({ projectId: scope.projectId, incidentId, investigationId, requestedBy: 'ada' });

  /** In a task queue that nobody serves, so that it stays as it is. */
  const started = () =>
    world.client.workflow.start(INVESTIGATION_WORKFLOW, {
      workflowId: investigationWorkflowId(scope.projectId, investigationId),
      taskQueue: `nobody:${randomUUID()}`,
      args: [input()],
    });

  it('is made to its end where Temporal has lost it, under the id that the person was told', async () => {
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 1 });
    const ended = await waitFor('its end', async () => {
      const investigation = await stored();
      return investigation?.status === 'running' ? undefined : investigation;
    });
    expect(ended).toMatchObject({ status: 'finished', requestedBy: 'ada' });
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 0 });
  });

  it('is left alone while its workflow runs', async () => {
    const workflow = await started();
    expect(await sweep()).toMatchObject({ failedProjects: 0, resumed: 0 });
    expect((await stored())?.status).toBe('running');
    await workflow.terminate();
  });

  it('ends as failed where somebody has terminated its workflow, and is not begun again', async () => {
    const workflow = await started();
    await workflow.terminate();
    expect(await sweep()).toMatchObject({ failedProjects: 0 });
    expect(await stored()).toMatchObject({
      status: 'failed',
      failure: 'its workflow ended in Temporal without a result (terminated); ask for another investigation',
    });
    const [failed] = bodiesOf(await world.timeline(scope, incidentId), 'investigation_failed');
    expect(failed?.investigationId).toBe(investigationId);
    expect((await workflow.describe()).status.name).toBe('TERMINATED');
  });
});
