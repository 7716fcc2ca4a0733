import { randomUUID } from 'node:crypto';
import { PostgresEvaluationCursorStore } from '../../libs/adapters/postgres/src/postgres-evaluation-cursor-store';
import { PostgresAnomalyLabelStore } from '../../libs/adapters/postgres/src/postgres-anomaly-label-store';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresRuleStateStore } from '../../libs/adapters/postgres/src/postgres-rule-state-store';
import { PostgresRuleStore } from '../../libs/adapters/postgres/src/postgres-rule-store';
import { encodeLogBatch } from '../../libs/contracts/src/log-batch.message';
import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import type { Rule } from '../../libs/core/src/alerting/rule';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { systemClock } from '../../libs/core/src/common/clock';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type Fingerprint, type RuleId } from '../../libs/core/src/common/ids';
import { toIso } from '../../libs/core/src/common/time-range';
import { encodeLogId } from '../../libs/core/src/logs/log-id';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import {
  type AlertEvaluationDependencies,
  createAlertEvaluationActivities,
} from '../../workflows/alert-evaluation/alert-evaluation.activities';
import type {
  AlertEvaluationInput,
  ShardEvaluation,
} from '../../workflows/alert-evaluation/alert-evaluation.contract';
import { createAlertingMetrics } from '../../workflows/alert-evaluation/alerting-metrics';
import { createRequestedEvaluationActivities } from '../../workflows/alert-evaluation/requested-evaluation.activities';
import { RequestedEvaluationStarter } from '../../workflows/alert-evaluation/requested-evaluation.client';
import type { RequestedEvaluationResult } from '../../workflows/alert-evaluation/requested-evaluation.contract';
import { TransitionHandoverStarter } from '../../workflows/alert-evaluation/transition-handover.client';
import { SCHEDULED_START_TIME } from '../../workflows/shared/search-attributes';
import { requestedEvaluationId } from '../../workflows/shared/workflow-ids';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type TemporalTestWorker, startTemporalTestWorker } from '../support/temporal-test-worker';
import { waitFor } from '../support/wait-for';
import { recordHistory } from '../support/workflow-history';

const START = Date.UTC(2026, 0, 1, 12);
const DELAY_MS = 5000;
const ERRORS = { kind: 'log_count', levels: ['error'], operator: '>', threshold: 2 } as const;

/** What is made to fail, for one project at a time. */
const failing = { logs: new Set<string>(), handover: new Set<string>(), delivery: new Set<string>() };
/** By project: what its next count waits for. */
const held = new Map<string, () => Promise<void>>();
const delivered: Transition[] = [];
const unavailable = () => new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'made to fail by the test');

class FallibleLogStore extends PostgresLogStore {
  override async countMany(...[scope, requests]: Parameters<PostgresLogStore['countMany']>) {
    const hold = held.get(scope.projectId);
    held.delete(scope.projectId);
    await hold?.();
    if (failing.logs.has(scope.projectId)) return Promise.reject(unavailable());
    return super.countMany(scope, requests);
  }
}

class FallibleHandoverStarter extends TransitionHandoverStarter {
  override deliver(...[scope, transitions]: Parameters<TransitionHandoverStarter['deliver']>) {
    if (failing.handover.has(scope.projectId)) return Promise.reject(unavailable());
    return super.deliver(scope, transitions);
  }
}

let catalog: Catalog;
let temporal: TemporalTestWorker;
let rules: PostgresRuleStore;
let states: PostgresRuleStateStore;
let logs: PostgresLogStore;
let metrics: PostgresMetricStore;

beforeAll(async () => {
  catalog = await startCatalog();
  rules = new PostgresRuleStore(catalog.pool);
  states = new PostgresRuleStateStore(catalog.pool);
  logs = new FallibleLogStore(catalog.pool);
  metrics = new PostgresMetricStore(catalog.pool);
  temporal = await startTemporalTestWorker((client, taskQueue) => ({
    ...activitiesOf(new FallibleHandoverStarter(client, taskQueue)),
    deliverTransition: (transition: Transition) => {
      if (failing.delivery.has(transition.ruleName)) return Promise.reject(unavailable());
      delivered.push(transition);
      return Promise.resolve();
    },
  }));
}, 60_000);

afterAll(async () => {
  await temporal?.stop();
  await catalog?.end();
}, 30_000);

function activitiesOf(handover: TransitionHandoverStarter) {
  const deps: AlertEvaluationDependencies = {
    projects: new PostgresProjectStore(catalog.pool),
    clock: systemClock,
    rules,
    states,
    cursors: new PostgresEvaluationCursorStore(catalog.pool),
    metrics,
    logs,
    incidentStore: new PostgresIncidentStore(catalog.pool),
    anomalyLabels: new PostgresAnomalyLabelStore(catalog.pool),
    handover,
    logger: createLogger({ level: 'silent', role: 'test' }),
    counters: createAlertingMetrics(createMetricsRegistry('test', { runtimeMetrics: false })),
    delayMs: DELAY_MS,
    catchUpMs: 3_600_000,
  };
  return { ...createAlertEvaluationActivities(deps), ...createRequestedEvaluationActivities(deps) };
}

async function addRule(scope: ProjectScope, change: Partial<Rule> = {}): Promise<Rule> {
  const rule: Rule = {
    id: asId<RuleId>(randomUUID()),
    projectId: scope.projectId,
    name: 'errors',
    enabled: true,
    condition: { ...ERRORS, groupByService: false },
    intervalSeconds: 10,
    windowSeconds: 30,
    holdSeconds: 0,
    keepFiringSeconds: 0,
    noData: 'ok',
    severity: 'critical',
    labels: {},
    incidentGroup: 'default',
    createdAtMs: START - 60_000,
    updatedAtMs: START - 60_000,
    ...change,
  };
  await rules.create(scope, rule);
  return rule;
}

/** Three errors of a service, some milliseconds apart, from an instant given in seconds after the start. */
async function addErrors(scope: ProjectScope, atSeconds: number, serviceName = 'checkout'): Promise<void> {
  const records = [0, 1, 2].map((index) => {
    const atMs = START + atSeconds * 1000 + index;
    const hash = randomUUID().replaceAll('-', '').slice(0, 10);
    return {
      id: encodeLogId({ timestampNs: BigInt(atMs) * 1_000_000n, receivedAtMs: atMs, index, hash }),
      projectId: scope.projectId,
      timestamp: toIso(atMs),
      receivedAt: toIso(atMs),
      level: 'error' as const,
      serviceName,
      message: 'connection refused',
      context: {},
      fingerprint: asId<Fingerprint>('0123456789abcdef'),
      source: 'api',
    };
  });
  await logs.write(scope, encodeLogBatch(records));
}

/** Runs one tick as a Schedule would, for the instant so many seconds after the start. */
async function tick(atSeconds: number, input: Partial<AlertEvaluationInput> = {}): Promise<ShardEvaluation> {
  return (await startTick(atSeconds, input)).result();
}

async function startTick(atSeconds: number, input: Partial<AlertEvaluationInput> = {}) {
  return temporal.client.workflow.start<(input: AlertEvaluationInput) => Promise<ShardEvaluation>>(
    'alertEvaluation',
    {
      workflowId: `alertEvaluation:test:${randomUUID()}`,
      taskQueue: temporal.taskQueue,
      args: [{ intervalSeconds: 10, shard: 0, shards: 1, ...input }],
      // A little late, as a Schedule with jitter would say it.
      typedSearchAttributes: [{ key: SCHEDULED_START_TIME, value: new Date(START + atSeconds * 1000 + 400) }],
    },
  );
}

/** Asks for an evaluation of a project so many seconds after the start. */
async function request(scope: ProjectScope, atSeconds: number) {
  const atMs = START + atSeconds * 1000;
  const isNew = await new RequestedEvaluationStarter(temporal.client, temporal.taskQueue).start(
    scope,
    atMs,
    'api',
  );
  return { isNew, handle: temporal.client.workflow.getHandle(requestedEvaluationId(scope.projectId, atMs)) };
}

async function evaluate(scope: ProjectScope, atSeconds: number): Promise<RequestedEvaluationResult> {
  return (await (await request(scope, atSeconds)).handle.result()) as RequestedEvaluationResult;
}

/** Resolves when the next count of a project's logs has begun, to what lets it go on. */
function holdNextCount({ projectId }: ProjectScope): Promise<() => void> {
  return new Promise((isHeld) => {
    held.set(projectId, () => new Promise<void>((letGo) => isHeld(letGo)));
  });
}

/** What was delivered for a project, as `fired 10` for seconds after the start. */
function heard(scope: ProjectScope): string[] {
  return delivered
    .filter(({ projectId }) => projectId === scope.projectId)
    .map(({ kind, evaluatedAtMs }) => `${kind} ${(evaluatedAtMs - START) / 1000}`);
}

async function waitToHear(scope: ProjectScope, expected: readonly string[]): Promise<void> {
  await waitFor(`${expected.join(', ')} to be delivered`, () =>
    heard(scope).length >= expected.length ? true : undefined,
  );
  expect(heard(scope)).toEqual(expected);
}

async function finishedHandover(): Promise<string> {
  const query = `WorkflowType = 'transitionHandover' AND ExecutionStatus = 'Completed' AND TaskQueue = '${temporal.taskQueue}'`;
  return waitFor('a finished handover to be listed', async () => {
    for await (const { workflowId } of temporal.client.workflow.list({ query })) return workflowId;
    return undefined;
  });
}

/** Each test counts what a tick does, so none may leave a project with rules to the next. */
afterEach(async () => {
  failing.logs.clear();
  failing.handover.clear();
  failing.delivery.clear();
  await catalog.pool.query('DELETE FROM projects');
});

describe('the alert evaluation', () => {
  it('fires once when the window breaches, resolves when it is over, and takes its time from the schedule', async () => {
    const scope = await catalog.newScope();
    const rule = await addRule(scope);
    await addErrors(scope, 0);
    // The window of instant 0 ends 5 s before it, so the errors at 0 are seen first at 10.
    expect(await tick(0)).toMatchObject({ scheduledAtMs: START, evaluations: 1, transitions: 0 });
    const firing = await startTick(10);
    expect(await firing.result()).toMatchObject({ transitions: 1, failedProjects: 0 });
    expect(await tick(20)).toMatchObject({ evaluations: 1, transitions: 0 });
    expect(await tick(40)).toMatchObject({ evaluations: 2, transitions: 1 });
    await waitToHear(scope, ['fired 10', 'resolved 40']);
    const [fired, resolved] = delivered.filter(({ projectId }) => projectId === scope.projectId);
    expect(fired).toMatchObject({
      ruleId: rule.id,
      value: 3,
      threshold: 2,
      condition: 'count(error logs) > 2 over 30s',
      sinceMs: START + 10_000,
    });
    expect(resolved?.episodeId).toBe(fired?.episodeId);
    await recordHistory(temporal.client, firing.workflowId, 'alertEvaluation');
  }, 60_000);

  it('decides nothing again when a tick is repeated, however often', async () => {
    const scope = await catalog.newScope();
    await addRule(scope);
    await addErrors(scope, 0);
    for (const atSeconds of [10, 10, 0, 10, 20]) await tick(atSeconds);
    await waitToHear(scope, ['fired 10']);
  }, 60_000);

  it('makes up for missed instants, so that a hold is measured as if no tick had been missed', async () => {
    const scope = await catalog.newScope();
    await addRule(scope, { holdSeconds: 20, windowSeconds: 60 });
    await addErrors(scope, 0);
    await tick(0);
    expect(await tick(40)).toMatchObject({ evaluations: 4, transitions: 1 });
    await waitToHear(scope, ['fired 30']);
  }, 60_000);

  it('evaluates the others when one project fails, and makes up for that one later', async () => {
    const [broken, sound] = [await catalog.newScope(), await catalog.newScope()];
    for (const scope of [broken, sound]) {
      await addRule(scope);
      await addErrors(scope, 0);
      await tick(0);
    }
    failing.logs.add(broken.projectId);
    expect(await tick(10)).toMatchObject({ projects: 2, failedProjects: 1, transitions: 1 });
    expect(await tick(20)).toMatchObject({ projects: 2, failedProjects: 1 });
    failing.logs.delete(broken.projectId);
    expect(await tick(30)).toMatchObject({ projects: 2, failedProjects: 0, transitions: 1 });
    await waitToHear(sound, ['fired 10']);
    await waitToHear(broken, ['fired 10']);
  }, 60_000);

  it('hands over later what it had saved when the handing over failed, and judges it only once', async () => {
    const scope = await catalog.newScope();
    await addRule(scope);
    await addErrors(scope, 0);
    await tick(0);
    failing.handover.add(scope.projectId);
    expect(await tick(10)).toMatchObject({ failedProjects: 1 });
    failing.handover.delete(scope.projectId);
    expect(await tick(20)).toMatchObject({ evaluations: 1, transitions: 1 });
    await waitToHear(scope, ['fired 10']);
  }, 60_000);

  it('delivers other alerts while the delivery of one keeps failing, and that one in the end', async () => {
    const scope = await catalog.newScope();
    const stuck = await addRule(scope, { name: `stuck ${scope.projectId}` });
    await addRule(scope, { name: 'free' });
    await addErrors(scope, 0);
    failing.delivery.add(stuck.name);
    await tick(10);
    await waitToHear(scope, ['fired 10']);
    expect(await tick(40)).toMatchObject({ transitions: 2 });
    await waitToHear(scope, ['fired 10', 'resolved 40']);
    failing.delivery.delete(stuck.name);
    await waitFor('the stuck alert to be delivered', () => (heard(scope).length === 4 ? true : undefined));
    expect(heard(scope).sort()).toEqual(['fired 10', 'fired 10', 'resolved 40', 'resolved 40']);
    await recordHistory(temporal.client, await finishedHandover(), 'transitionHandover');
  }, 60_000);

  it('judges metrics per service, and forgets a service that is silent', async () => {
    const scope = await catalog.newScope();
    await addRule(scope, {
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
    await metrics.write(scope, encodeMetricBatch([sample('checkout', 900), sample('cart', 20)]));
    await tick(10);
    await waitToHear(scope, ['fired 10']);
    expect(delivered.at(-1)).toMatchObject({ serviceName: 'checkout', value: 900 });
    await tick(40);
    await waitToHear(scope, ['fired 10', 'resolved 40']);
  }, 60_000);

  it('evaluates a project in exactly one of the shards', async () => {
    const scope = await catalog.newScope();
    await addRule(scope, { intervalSeconds: 300 });
    const shards = [0, 1, 2];
    const evaluations = await Promise.all(
      shards.map((shard) => tick(300, { intervalSeconds: 300, shard, shards: shards.length })),
    );
    expect(evaluations.map(({ evaluations: count }) => count).sort()).toEqual([0, 0, 1]);
  }, 60_000);

  it('judges no rule at instants before its last change', async () => {
    const scope = await catalog.newScope();
    await addRule(scope, { intervalSeconds: 30, updatedAtMs: START + 15_000 });
    expect(await tick(0, { intervalSeconds: 30 })).toMatchObject({ projects: 1, evaluations: 0 });
    expect(await tick(30, { intervalSeconds: 30 })).toMatchObject({ evaluations: 1 });
  }, 60_000);

  describe('at an instant that somebody asked for', () => {
    const slow = { intervalSeconds: 300 } as const;

    it('fires at once, and leaves the later ticks theirs: one episode, nothing judged twice', async () => {
      const scope = await catalog.newScope();
      await addRule(scope, slow);
      expect(await tick(0, slow)).toMatchObject({ evaluations: 1, transitions: 0 });
      await addErrors(scope, 20);
      expect(await evaluate(scope, 31)).toMatchObject({
        evaluateAtMs: START + 31_000,
        evaluations: 1,
        transitions: 1,
      });
      await waitToHear(scope, ['fired 31']);
      expect(await request(scope, 31)).toMatchObject({ isNew: false });
      expect(await evaluate(scope, 33)).toMatchObject({ evaluations: 1, transitions: 0 });
      expect(await tick(300, slow)).toMatchObject({ evaluations: 1, transitions: 1 });
      expect(await tick(600, slow)).toMatchObject({ evaluations: 1, transitions: 0 });
      await waitToHear(scope, ['fired 31', 'resolved 300']);
      const [fired, resolved] = delivered.filter(({ projectId }) => projectId === scope.projectId);
      expect(resolved?.episodeId).toBe(fired?.episodeId);
      const done = requestedEvaluationId(scope.projectId, START + 31_000);
      await recordHistory(temporal.client, done, 'requestedEvaluation');
    }, 60_000);

    it('first makes up for what the schedule has missed', async () => {
      const scope = await catalog.newScope();
      await addRule(scope, { holdSeconds: 20, windowSeconds: 60 });
      await addErrors(scope, 0);
      await tick(0);
      expect(await evaluate(scope, 43)).toMatchObject({ evaluations: 5, transitions: 1 });
      expect(await tick(40)).toMatchObject({ evaluations: 0 });
      await waitToHear(scope, ['fired 30']);
    }, 60_000);

    it('makes up for more than one run does', async () => {
      const scope = await catalog.newScope();
      await addRule(scope);
      await tick(0);
      expect(await evaluate(scope, 2003)).toMatchObject({ evaluations: 200 - 120 + 1 });
    }, 60_000);

    it('does nothing where the schedule was quicker', async () => {
      const scope = await catalog.newScope();
      await addRule(scope);
      await addErrors(scope, 0);
      await tick(0);
      await tick(10);
      expect(await evaluate(scope, 7)).toMatchObject({ evaluations: 0, transitions: 0 });
      await tick(20);
      await waitToHear(scope, ['fired 10']);
    }, 60_000);

    it('is handed over by the next tick where it was saved and then cut off, in order', async () => {
      const scope = await catalog.newScope();
      const rule = await addRule(scope, slow);
      await tick(0, slow);
      await addErrors(scope, 20);
      failing.handover.add(scope.projectId);
      const { handle } = await request(scope, 31);
      await waitFor('the alert to be saved', async () =>
        (await states.load(scope, [rule.id])).some(({ state }) => state.phase === 'firing')
          ? true
          : undefined,
      );
      await handle.terminate('cut off by the test');
      failing.handover.delete(scope.projectId);
      expect(await tick(300, slow)).toMatchObject({ evaluations: 1, transitions: 2 });
      await waitToHear(scope, ['fired 31', 'resolved 300']);
    }, 60_000);

    it('gives up where a tick has read the states without it, so that no alert fires twice', async () => {
      const scope = await catalog.newScope();
      await addRule(scope, slow);
      await tick(0, slow);
      await addErrors(scope, 280);
      const tickIsHeld = holdNextCount(scope);
      const later = await startTick(300, slow);
      const letGo = await tickIsHeld;
      expect(await evaluate(scope, 298)).toMatchObject({ evaluations: 0, transitions: 0 });
      letGo();
      expect(await later.result()).toMatchObject({ evaluations: 1, transitions: 1 });
      expect(await tick(600, slow)).toMatchObject({ transitions: 1 });
      await waitToHear(scope, ['fired 300', 'resolved 600']);
    }, 60_000);

    it('judges the rules of every interval of that project, and of no other', async () => {
      const [scope, other] = [await catalog.newScope(), await catalog.newScope()];
      for (const intervalSeconds of [10, 30, 60, 300] as const) await addRule(scope, { intervalSeconds });
      await addRule(other);
      await addErrors(scope, 0);
      await addErrors(other, 0);
      expect(await evaluate(scope, 11)).toMatchObject({ transitions: 4 });
      await waitFor('all of them to fire', () => (heard(scope).length === 4 ? true : undefined));
      expect(heard(scope).sort()).toEqual(['fired 10', 'fired 11', 'fired 11', 'fired 11']);
      expect(heard(other)).toEqual([]);
    }, 60_000);
  });
});
