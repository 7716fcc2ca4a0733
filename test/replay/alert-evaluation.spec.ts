import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import { toIso } from '../../libs/core/src/common/time-range';
import { AlertingWorld, START } from '../support/alerting-world';
import { waitFor } from '../support/wait-for';
import { recordHistory } from '../support/workflow-history';

let world: AlertingWorld;

beforeAll(async () => {
  world = await AlertingWorld.start();
});
afterAll(() => world?.end());
afterEach(() => world.clear());

describe('the alert evaluation', () => {
  it('fires once when the window breaches, resolves when it is over, and takes its time from the schedule', async () => {
    const scope = await world.catalog.newScope();
    const rule = await world.addRule(scope);
    await world.addErrors(scope, 0);
    // The window of instant 0 ends 5 s before it, so the errors at 0 are seen first at 10.
    expect(await world.tick(0)).toMatchObject({ scheduledAtMs: START, evaluations: 1, transitions: 0 });
    const firing = await world.startTick(10);
    expect(await firing.result()).toMatchObject({ transitions: 1, failedProjects: 0 });
    expect(await world.tick(20)).toMatchObject({ evaluations: 1, transitions: 0 });
    expect(await world.tick(40)).toMatchObject({ evaluations: 2, transitions: 1 });
    await world.waitToHear(scope, ['fired 10', 'resolved 40']);
    const [fired, resolved] = world.deliveredFor(scope);
    expect(fired).toMatchObject({
      ruleId: rule.id,
      value: 3,
      threshold: 2,
      condition: 'count(error logs) > 2 over 30s',
      sinceMs: START + 10_000,
    });
    expect(resolved?.episodeId).toBe(fired?.episodeId);
    await recordHistory(world.temporal.client, firing.workflowId, 'alertEvaluation');
  });

  it('decides nothing again when a tick is repeated, however often', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope);
    await world.addErrors(scope, 0);
    for (const atSeconds of [10, 10, 0, 10, 20]) await world.tick(atSeconds);
    await world.waitToHear(scope, ['fired 10']);
  });

  it('judges no instant twice when the clock was set back, says once that it waits, and goes on from there', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope);
    await world.addErrors(scope, 0);
    await world.tick(0);
    for (const atSeconds of [-3600, -3590])
      expect(await world.tick(atSeconds)).toMatchObject({ evaluations: 0, failedProjects: 0 });
    expect(await world.tick(10)).toMatchObject({ evaluations: 1, transitions: 1 });
    await world.waitToHear(scope, ['fired 10']);
    expect(world.told.filter((line) => line.includes(scope.projectId))).toEqual([
      expect.stringContaining('until the clock has come to the instant'),
    ]);
  });

  it('makes up for missed instants, so that a hold is measured as if no tick had been missed', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, { holdSeconds: 20, windowSeconds: 60 });
    await world.addErrors(scope, 0);
    await world.tick(0);
    expect(await world.tick(40)).toMatchObject({ evaluations: 4, transitions: 1 });
    await world.waitToHear(scope, ['fired 30']);
  });

  it('makes up for instants that were missed before anything of the project was ever evaluated', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, { windowSeconds: 10 });
    await world.addErrors(scope, 0);
    world.failing.logs.add(scope.projectId);
    expect(await world.tick(0)).toMatchObject({ failedProjects: 1 });
    expect(await world.tick(10)).toMatchObject({ failedProjects: 1 });
    world.failing.logs.delete(scope.projectId);
    expect(await world.tick(30)).toMatchObject({ evaluations: 4, transitions: 2 });
    await world.waitToHear(scope, ['fired 10', 'resolved 20']);
  });

  it('evaluates the others when one project fails, and makes up for that one later', async () => {
    const [broken, sound] = [await world.catalog.newScope(), await world.catalog.newScope()];
    for (const scope of [broken, sound]) {
      await world.addRule(scope);
      await world.addErrors(scope, 0);
      await world.tick(0);
    }
    world.failing.logs.add(broken.projectId);
    expect(await world.tick(10)).toMatchObject({ projects: 2, failedProjects: 1, transitions: 1 });
    expect(await world.tick(20)).toMatchObject({ projects: 2, failedProjects: 1 });
    expect(world.told.filter((line) => line.includes(broken.projectId))).toEqual([
      expect.stringContaining('rules of a project are not evaluated'),
    ]);
    world.failing.logs.delete(broken.projectId);
    expect(await world.tick(30)).toMatchObject({ projects: 2, failedProjects: 0, transitions: 1 });
    await world.waitToHear(sound, ['fired 10']);
    await world.waitToHear(broken, ['fired 10']);
  });

  it('hands over later what it had saved when the handing over failed, and judges it only once', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope);
    await world.addErrors(scope, 0);
    await world.tick(0);
    world.failing.handover.add(scope.projectId);
    expect(await world.tick(10)).toMatchObject({ failedProjects: 1 });
    world.failing.handover.delete(scope.projectId);
    expect(await world.tick(20)).toMatchObject({ evaluations: 1, transitions: 1 });
    await world.waitToHear(scope, ['fired 10']);
  });

  it('delivers other alerts while the delivery of one keeps failing, and that one in the end', async () => {
    const scope = await world.catalog.newScope();
    const stuck = await world.addRule(scope, { name: `stuck ${scope.projectId}` });
    await world.addRule(scope, { name: 'free' });
    await world.addErrors(scope, 0);
    world.failing.delivery.add(stuck.name);
    await world.tick(10);
    await world.waitToHear(scope, ['fired 10']);
    expect(await world.tick(40)).toMatchObject({ transitions: 2 });
    await world.waitToHear(scope, ['fired 10', 'resolved 40']);
    world.failing.delivery.delete(stuck.name);
    await waitFor('the stuck alert to be delivered', () =>
      world.heard(scope).length === 4 ? true : undefined,
    );
    expect(world.heard(scope).sort()).toEqual(['fired 10', 'fired 10', 'resolved 40', 'resolved 40']);
    await recordHistory(world.temporal.client, await finishedHandover(), 'transitionHandover');
  });

  it('delivers other alerts also where the delivery of one is given up', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, { name: 'lost' });
    await world.addRule(scope, { name: 'late' });
    await world.addErrors(scope, -10);
    world.failing.forGood.add('lost');
    world.failing.delivery.add('late');
    expect(await world.tick(0)).toMatchObject({ transitions: 2 });
    const { client } = world.temporal;
    await waitFor('the delivery of one to be given up', async () => {
      for await (const { workflowId, type } of client.workflow.list()) {
        if (type !== 'transitionHandover' || !workflowId.includes(scope.projectId)) continue;
        const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
        if (events?.some(({ activityTaskFailedEventAttributes: failed }) => failed)) return true;
      }
      return undefined;
    });
    world.failing.delivery.delete('late');
    await world.waitToHear(scope, ['fired 0']);
    expect(world.deliveredFor(scope).map(({ ruleName }) => ruleName)).toEqual(['late']);
  });

  it('judges metrics per service, and forgets a service that is silent', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, {
      condition: {
        kind: 'metric_threshold',
        metricName: 'latency_ms',
        aggregation: 'max',
        operator: '>',
        threshold: 500,
        groupByService: true,
      },
    });
    const sample = (serviceName: string, value: number) => ({
      projectId: scope.projectId,
      metricName: 'latency_ms',
      serviceName,
      tags: {},
      timestamp: toIso(START),
      value,
    });
    await world.metrics.write(scope, encodeMetricBatch([sample('checkout', 900), sample('cart', 20)]));
    await world.tick(10);
    await world.waitToHear(scope, ['fired 10']);
    expect(world.delivered.at(-1)).toMatchObject({ serviceName: 'checkout', value: 900 });
    await world.tick(40);
    await world.waitToHear(scope, ['fired 10', 'resolved 40']);
  });

  it('judges metrics per service however many services somebody sends', async () => {
    const scope = await world.catalog.newScope();
    const metricName = 'latency_ms';
    const condition = { kind: 'metric_threshold', metricName, aggregation: 'max', operator: '>' } as const;
    await world.addRule(scope, { condition: { ...condition, threshold: 500, groupByService: true } });
    await world.catalog.pool.query(
      `WITH added AS (
         INSERT INTO series (project_id, metric_name, service_name, tags)
         SELECT $1, $2, 'service ' || number, '{}' FROM generate_series(1, 150000) AS number RETURNING id
       )
       INSERT INTO samples (series_id, timestamp, value) SELECT id, $3, 20 FROM added`,
      [scope.projectId, metricName, toIso(START)],
    );
    expect(await world.tick(10)).toMatchObject({ evaluations: 2, failedProjects: 0 });
  });

  it('evaluates a project in exactly one of the shards', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, { intervalSeconds: 300, updatedAtMs: START + 1000 });
    const shards = [0, 1, 2];
    const evaluations = await Promise.all(
      shards.map((shard) => world.tick(300, { intervalSeconds: 300, shard, shards: shards.length })),
    );
    expect(evaluations.map(({ evaluations: count }) => count).sort()).toEqual([0, 0, 1]);
  });

  it('judges no rule at instants before its last change', async () => {
    const scope = await world.catalog.newScope();
    await world.addRule(scope, { intervalSeconds: 30, updatedAtMs: START + 15_000 });
    expect(await world.tick(0, { intervalSeconds: 30 })).toMatchObject({ projects: 1, evaluations: 0 });
    expect(await world.tick(30, { intervalSeconds: 30 })).toMatchObject({ evaluations: 1 });
  });
});

async function finishedHandover(): Promise<string> {
  const { client, taskQueue } = world.temporal;
  const query = `WorkflowType = 'transitionHandover' AND ExecutionStatus = 'Completed' AND TaskQueue = '${taskQueue}'`;
  return waitFor('a finished handover to be listed', async () => {
    for await (const { workflowId } of client.workflow.list({ query })) return workflowId;
    return undefined;
  });
}
