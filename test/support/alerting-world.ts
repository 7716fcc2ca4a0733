import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { PostgresAnomalyLabelStore } from '../../libs/adapters/postgres/src/postgres-anomaly-label-store';
import { PostgresEvaluationCursorStore } from '../../libs/adapters/postgres/src/postgres-evaluation-cursor-store';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresRuleStateStore } from '../../libs/adapters/postgres/src/postgres-rule-state-store';
import { PostgresRuleStore } from '../../libs/adapters/postgres/src/postgres-rule-store';
import { encodeLogBatch } from '../../libs/contracts/src/log-batch.message';
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
import { type Catalog, startCatalog } from './start-catalog';
import { startTemporalTestWorker, type TemporalTestWorker } from './temporal-test-worker';
import { waitFor } from './wait-for';

/** Seconds in what follows are counted from here. */
export const START = Date.UTC(2026, 0, 1, 12);
const DELAY_MS = 5000;
const RULES_MAX = 1000;
const ERRORS = { kind: 'log_count', levels: ['error'], operator: '>', threshold: 2 } as const;
const unavailable = () => new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'made to fail by the test');

/** What is made to fail, for one project at a time; deliveries by the name of their rule. */
class Faults {
  readonly logs = new Set<string>();
  readonly handover = new Set<string>();
  readonly delivery = new Set<string>();
  /** Given up at once, as after a week of failing. */
  readonly forGood = new Set<string>();
  /** By project: what its next count waits for. */
  readonly held = new Map<string, () => Promise<void>>();
}

class FallibleLogStore extends PostgresLogStore {
  constructor(
    { pool }: Catalog,
    private readonly faults: Faults,
  ) {
    super(pool);
  }

  override async countMany(...[scope, requests]: Parameters<PostgresLogStore['countMany']>) {
    const hold = this.faults.held.get(scope.projectId);
    this.faults.held.delete(scope.projectId);
    await hold?.();
    if (this.faults.logs.has(scope.projectId)) return Promise.reject(unavailable());
    return super.countMany(scope, requests);
  }
}

class FallibleHandoverStarter extends TransitionHandoverStarter {
  constructor(
    { client, taskQueue }: Pick<TemporalTestWorker, 'client' | 'taskQueue'>,
    private readonly faults: Faults,
  ) {
    super(client, taskQueue);
  }

  override deliver(...[scope, transitions]: Parameters<TransitionHandoverStarter['deliver']>) {
    if (this.faults.handover.has(scope.projectId)) return Promise.reject(unavailable());
    return super.deliver(scope, transitions);
  }
}

/** Everything that the evaluation of rules needs, real, and what a test asks of it. */
export class AlertingWorld {
  readonly failing = new Faults();
  readonly delivered: Transition[] = [];
  /** Log lines of warnings and errors. */
  readonly told: string[] = [];
  readonly states: PostgresRuleStateStore;
  readonly metrics: PostgresMetricStore;
  private readonly rules: PostgresRuleStore;
  private readonly logs: PostgresLogStore;
  private worker: TemporalTestWorker | undefined;

  private constructor(readonly catalog: Catalog) {
    this.rules = new PostgresRuleStore(catalog.pool);
    this.states = new PostgresRuleStateStore(catalog.pool);
    this.logs = new FallibleLogStore(catalog, this.failing);
    this.metrics = new PostgresMetricStore(catalog.pool);
  }

  static async start(): Promise<AlertingWorld> {
    const world = new AlertingWorld(await startCatalog());
    try {
      world.worker = await startTemporalTestWorker((client, taskQueue) => ({
        ...world.activitiesOf(new FallibleHandoverStarter({ client, taskQueue }, world.failing)),
        deliverTransition: (transition: Transition) => {
          if (world.failing.delivery.has(transition.ruleName)) return Promise.reject(unavailable());
          if (world.failing.forGood.has(transition.ruleName))
            return Promise.reject(ApplicationFailure.nonRetryable('made to fail by the test'));
          if (world.isEarly(transition)) return Promise.reject(unavailable());
          world.delivered.push(transition);
          return Promise.resolve();
        },
      }));
      return world;
    } catch (error) {
      await world.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.worker?.stop();
    await this.catalog.end();
  }

  /** Each test counts what a tick does, so none may leave a project with rules to the next. */
  async clear(): Promise<void> {
    this.failing.logs.clear();
    this.failing.handover.clear();
    this.failing.delivery.clear();
    this.failing.forGood.clear();
    await this.catalog.pool.query('DELETE FROM projects');
  }

  get temporal(): TemporalTestWorker {
    if (this.worker === undefined) throw new Error('no worker has been started');
    return this.worker;
  }

  async addRule(scope: ProjectScope, change: Partial<Rule> = {}): Promise<Rule> {
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
      createdAtMs: START - 5000,
      updatedAtMs: START - 5000,
      ...change,
    };
    await this.rules.create(scope, rule, RULES_MAX);
    return rule;
  }

  /** Three errors of a service, some milliseconds apart, from an instant given in seconds after the start. */
  async addErrors(scope: ProjectScope, atSeconds: number, serviceName = 'checkout'): Promise<void> {
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
    await this.logs.write(scope, encodeLogBatch(records));
  }

  /** Runs one tick as a Schedule would, for the instant so many seconds after the start. */
  async tick(atSeconds: number, input: Partial<AlertEvaluationInput> = {}): Promise<ShardEvaluation> {
    return (await this.startTick(atSeconds, input)).result();
  }

  async startTick(atSeconds: number, input: Partial<AlertEvaluationInput> = {}) {
    return this.temporal.client.workflow.start<(input: AlertEvaluationInput) => Promise<ShardEvaluation>>(
      'alertEvaluation',
      {
        workflowId: `alertEvaluation:test:${randomUUID()}`,
        taskQueue: this.temporal.taskQueue,
        args: [{ intervalSeconds: 10, shard: 0, shards: 1, ...input }],
        // A little late, as a Schedule with jitter would say it.
        typedSearchAttributes: [
          { key: SCHEDULED_START_TIME, value: new Date(START + atSeconds * 1000 + 400) },
        ],
      },
    );
  }

  /** Asks for an evaluation of a project so many seconds after the start. */
  async request(scope: ProjectScope, atSeconds: number) {
    const atMs = START + atSeconds * 1000;
    const { client, taskQueue } = this.temporal;
    const isNew = await new RequestedEvaluationStarter(client, taskQueue).start(scope, atMs, 'api');
    return { isNew, handle: client.workflow.getHandle(requestedEvaluationId(scope.projectId, atMs)) };
  }

  async evaluate(scope: ProjectScope, atSeconds: number): Promise<RequestedEvaluationResult> {
    return (await (await this.request(scope, atSeconds)).handle.result()) as RequestedEvaluationResult;
  }

  /** Resolves when the next count of a project's logs has begun, to what lets it go on. */
  holdNextCount({ projectId }: ProjectScope): Promise<() => void> {
    return new Promise((isHeld) => {
      this.failing.held.set(projectId, () => new Promise<void>((letGo) => isHeld(letGo)));
    });
  }

  deliveredFor(scope: ProjectScope): readonly Transition[] {
    return this.delivered.filter(({ projectId }) => projectId === scope.projectId);
  }

  /** What was delivered for a project, as `fired 10` for seconds after the start. */
  heard(scope: ProjectScope): string[] {
    return this.deliveredFor(scope).map(
      ({ kind, evaluatedAtMs }) => `${kind} ${(evaluatedAtMs - START) / 1000}`,
    );
  }

  async waitToHear(scope: ProjectScope, expected: readonly string[]): Promise<void> {
    await waitFor(`${expected.join(', ')} to be delivered`, () =>
      this.heard(scope).length >= expected.length ? true : undefined,
    );
    expect(this.heard(scope)).toEqual(expected);
  }

  /**
   * An end whose firing is still on its way: each instant has a handover of its own, and they race. Refused for another
   * try, as incidents refuse it.
   */
  private isEarly({ kind, episodeId }: Transition): boolean {
    return kind === 'resolved' && !this.delivered.some((earlier) => earlier.episodeId === episodeId);
  }

  private activitiesOf(handover: TransitionHandoverStarter) {
    const deps: AlertEvaluationDependencies = {
      projects: new PostgresProjectStore(this.catalog.pool),
      clock: systemClock,
      rules: this.rules,
      states: this.states,
      cursors: new PostgresEvaluationCursorStore(this.catalog.pool),
      metrics: this.metrics,
      logs: this.logs,
      incidentStore: new PostgresIncidentStore(this.catalog.pool),
      anomalyLabels: new PostgresAnomalyLabelStore(this.catalog.pool),
      handover,
      logger: createLogger({
        level: 'warn',
        role: 'test',
        destination: { write: (line) => void this.told.push(line) },
      }),
      counters: createAlertingMetrics(createMetricsRegistry('test', { runtimeMetrics: false })),
      delayMs: DELAY_MS,
      catchUpMs: 3_600_000,
    };
    return { ...createAlertEvaluationActivities(deps), ...createRequestedEvaluationActivities(deps) };
  }
}
