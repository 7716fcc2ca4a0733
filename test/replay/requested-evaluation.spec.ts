import { endRuleAlerts } from '../../apps/api/src/end-rule-alerts';
import type { Rule } from '../../libs/core/src/alerting/rule';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { TransitionHandoverStarter } from '../../workflows/alert-evaluation/transition-handover.client';
import { requestedEvaluationId } from '../../workflows/shared/workflow-ids';
import { AlertingWorld, START } from '../support/alerting-world';
import { waitFor } from '../support/wait-for';
import { recordHistory } from '../support/workflow-history';

let world: AlertingWorld;

beforeAll(async () => {
  world = await AlertingWorld.start();
});
afterAll(() => world?.end());
afterEach(() => world.clear());

describe('the alert evaluation at an instant that somebody asked for', () => {
  const slow = { intervalSeconds: 300 } as const;

  /** Asks for an evaluation that is cut off when it has saved that the alert fires, before it hands that over. */
  async function cutOff(scope: ProjectScope, rule: Rule, atSeconds: number): Promise<void> {
    world.failing.handover.add(scope.projectId);
    const { handle } = await world.request(scope, atSeconds);
    await waitFor('the alert to be saved', async () =>
      (await world.states.load(scope, [rule.id])).some(({ state }) => state.phase === 'firing')
        ? true
        : undefined,
    );
    await handle.terminate('cut off by the test');
    world.failing.handover.delete(scope.projectId);
  }

  it('fires at once, and leaves the later ticks theirs: one episode, nothing judged twice', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, slow);
    expect(await world.tick(0, slow)).toMatchObject({ evaluations: 1, transitions: 0 });
    await world.addErrors(scope, 20);
    expect(await world.evaluate(scope, 31)).toMatchObject({
      evaluateAtMs: START + 31_000,
      evaluations: 1,
      transitions: 1,
    });
    await world.waitToHear(scope, ['fired 31']);
    expect(await world.request(scope, 31)).toMatchObject({ isNew: false });
    expect(await world.evaluate(scope, 33)).toMatchObject({ evaluations: 1, transitions: 0 });
    expect(await world.tick(300, slow)).toMatchObject({ evaluations: 1, transitions: 1 });
    expect(await world.tick(600, slow)).toMatchObject({ evaluations: 1, transitions: 0 });
    await world.waitToHear(scope, ['fired 31', 'resolved 300']);
    const [fired, resolved] = world.deliveredFor(scope);
    expect(resolved?.episodeId).toBe(fired?.episodeId);
    const done = requestedEvaluationId(scope.projectId, START + 31_000);
    await recordHistory(world.temporal.client, done, 'requestedEvaluation');
  });

  it('first makes up for what the schedule has missed', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, { holdSeconds: 20, windowSeconds: 60 });
    await world.addErrors(scope, 0);
    await world.tick(0);
    expect(await world.evaluate(scope, 43)).toMatchObject({ evaluations: 5, transitions: 1 });
    expect(await world.tick(40)).toMatchObject({ evaluations: 0 });
    await world.waitToHear(scope, ['fired 30']);
  });

  it('makes up for more than one run does', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope);
    await world.tick(0);
    expect(await world.evaluate(scope, 2003)).toMatchObject({ evaluations: 200 - 120 + 1 });
  });

  it('does nothing where the schedule was quicker', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope);
    await world.addErrors(scope, 0);
    await world.tick(0);
    await world.tick(10);
    expect(await world.evaluate(scope, 7)).toMatchObject({ evaluations: 0, transitions: 0 });
    await world.tick(20);
    await world.waitToHear(scope, ['fired 10']);
  });

  it('is handed over by the next tick where it was saved and then cut off, in order', async () => {
    const scope = await world.catalog.newScope();
    const rule = await world.addRule(scope, slow);
    await world.tick(0, slow);
    await world.addErrors(scope, 20);
    await cutOff(scope, rule, 31);
    expect(await world.tick(300, slow)).toMatchObject({ evaluations: 1, transitions: 2 });
    await world.waitToHear(scope, ['fired 31', 'resolved 300']);
  });

  it.each([
    ['goes on', 600, ['fired 31', 'resolved 310']],
    ['is over', 0, ['fired 31', 'resolved 300']],
  ])(
    'is told with its beginning where the rule is disabled after it and the next tick were cut off: the alert %s',
    async (_case, keepFiringSeconds, heard) => {
      const scope = await world.catalog.newScope();
      const rule = await world.addRule(scope, { ...slow, keepFiringSeconds });
      await world.tick(0, slow);
      await world.addErrors(scope, 20);
      await cutOff(scope, rule, 31);
      world.failing.handover.add(scope.projectId);
      expect(await world.tick(300, slow)).toMatchObject({ failedProjects: 1 });
      world.failing.handover.delete(scope.projectId);
      const { client, taskQueue } = world.temporal;
      const handover = new TransitionHandoverStarter(client, taskQueue);
      const { states } = world;
      await endRuleAlerts({ states, handover }, scope, rule, 'rule_disabled', START + 310_000);
      await world.waitToHear(scope, heard);
    },
  );

  it('gives up where a tick has read the states without it, so that no alert fires twice', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, slow);
    await world.tick(0, slow);
    await world.addErrors(scope, 280);
    const tickIsHeld = world.holdNextCount(scope);
    const later = await world.startTick(300, slow);
    const letGo = await tickIsHeld;
    expect(await world.evaluate(scope, 298)).toMatchObject({ evaluations: 0, transitions: 0 });
    letGo();
    expect(await later.result()).toMatchObject({ evaluations: 1, transitions: 1 });
    expect(await world.tick(600, slow)).toMatchObject({ transitions: 1 });
    await world.waitToHear(scope, ['fired 300', 'resolved 600']);
  });

  it('judges the rules of every interval of that project, and of no other', async () => {
    const [scope, other] = [await world.catalog.newScope(), await world.catalog.newScope()];
    for (const intervalSeconds of [10, 30, 60, 300] as const) await world.addRule(scope, { intervalSeconds });
    await world.addRule(other);
    await world.addErrors(scope, 0);
    await world.addErrors(other, 0);
    expect(await world.evaluate(scope, 11)).toMatchObject({ transitions: 4 });
    await waitFor('all of them to fire', () => (world.heard(scope).length === 4 ? true : undefined));
    expect(world.heard(scope).sort()).toEqual(['fired 10', 'fired 11', 'fired 11', 'fired 11']);
    expect(world.heard(other)).toEqual([]);
  });
});
