import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NativeConnection, type Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { type Backoff, backoffDelayMs } from '../../../libs/core/src/common/backoff-delay';
import { OpsError } from '../../../libs/core/src/common/errors';
import { RecentCount } from '../../../libs/core/src/common/recent-count';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { describeTemporalProblem } from '../../../libs/runtime/src/describe-temporal-problem';
import { HealthChecks } from '../../../libs/runtime/src/health-checks';
import { TemporalConnection } from '../../../libs/runtime/src/temporal-connection';
import { TASK_QUEUE } from '../../../workflows/shared/task-queue.contract';
import { WorkflowActivities } from './activities.provider';
import { createWorkers, runWorkers } from './create-workers';
import { declareSearchAttributes } from './declare-search-attributes';
import { failedForGood } from './failed-for-good';
import { heldByTemporal } from './held-by-temporal';
import { ScheduleKeeper } from './schedule-keeper';
import { reconcileSchedules } from './schedules.reconciler';
import { useLoggerForTemporal } from './use-logger-for-temporal';
import { wantedSchedules } from './wanted-schedules';
import { loadWorkflowBundle } from './workflow-bundle';

/** A worker that ends by itself so often within the time is not going to recover: the process ends, and says so. */
const ENDS_MAX = 5;
const ENDS_WITHIN_MS = 10 * 60_000;
const RESTART_BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000 };
/** Stopping takes a tenth of a second where Temporal answers. */
const HELD_MS = 5000;

/**
 * Runs the Temporal workers for as long as the application runs. Waits for a Temporal server that is not there yet, starts
 * them again when one ends by itself, and lets the work under way finish when the application stops.
 */
@Injectable()
export class TemporalWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  /** One for all attempts, each of which would else leave a listener behind. */
  private readonly stopRequested = new Promise<undefined>((resolve) => {
    this.stopping.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  private readonly ends = new RecentCount(ENDS_WITHIN_MS);
  private workers: readonly Worker[] = [];
  private keeper: ScheduleKeeper | undefined;
  /** What keeps it from running, in words; told when it changes, not at every attempt. */
  private problem: string | undefined;
  private finished: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly clock: AppClock,
    private readonly logger: AppLogger,
    private readonly metrics: AppMetrics,
    private readonly health: HealthChecks,
    private readonly temporal: TemporalConnection,
    private readonly activities: WorkflowActivities,
  ) {}

  onApplicationBootstrap(): void {
    useLoggerForTemporal(this.logger, this.clock);
    this.health.add({ name: 'workflow worker', check: () => this.check() });
    // Whoever pauses them means it: the worker goes on with all else.
    this.health.add({
      name: 'schedules',
      isOptional: true,
      check: () => this.keeper?.checkPaused() ?? Promise.resolve(),
    });
    this.metrics.gauge({
      name: 'opspilot_paused_schedules',
      help: 'Schedules that somebody has paused in Temporal, of which nothing is started',
      collect: (gauge) => gauge.set(this.keeper?.paused.length ?? 0),
    });
    this.finished = this.keepRunning().catch((error: unknown) => this.giveUp(error));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.finished;
  }

  private async check(): Promise<void> {
    const states = this.workers.map((worker) => worker.getState());
    const state =
      this.keeper === undefined ? 'STOPPED' : (states.find((one) => one !== 'RUNNING') ?? 'RUNNING');
    const problem = state === 'RUNNING' ? this.keeper?.problem : this.problem;
    if (state === 'RUNNING' && problem === undefined) return;
    const why = problem === undefined ? '' : `: ${problem}`;
    throw new OpsError(
      'unavailable',
      'OPS_ENGINE_UNAVAILABLE',
      `the workflow worker is ${state.toLowerCase()}${why}`,
    );
  }

  private async keepRunning(): Promise<void> {
    const bundle = await loadWorkflowBundle();
    const held = this.heldWhenStopping();
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      let wasRunning = false;
      const running = this.runOnce(bundle, () => {
        wasRunning = true;
        failures = 0;
        this.problem = undefined;
      });
      try {
        const how = await Promise.race([running, held]);
        if (how === 'held')
          this.logger.warn('Temporal does not answer, the workflow worker ends without a word from it');
      } catch (error) {
        if (wasRunning) this.countEnd(error);
        failures += 1;
        const waitMs = backoffDelayMs(failures, RESTART_BACKOFF, Math.random());
        this.tell(error, { failures, wait_ms: waitMs });
        await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** From connecting until the worker has ended, because it was told to. Errors: whatever kept it from running or ended it. */
  private async runOnce(bundle: WorkflowBundleOption, onRunning: () => void): Promise<void> {
    const { nativeAddress: address, namespace, client } = this.temporal;
    const config = this.config.values;
    const { SHUTDOWN_TIMEOUT_SECONDS } = config;
    // A server that hangs takes connections and says nothing for most of a minute.
    const connection = await Promise.race([NativeConnection.connect({ address }), this.stopRequested]);
    if (connection === undefined) return;
    const ended = new AbortController();
    try {
      const declare = () => declareSearchAttributes(connection.operatorService, namespace, this.logger);
      await declare();
      const workers = await createWorkers({
        connection,
        namespace,
        taskQueue: TASK_QUEUE,
        workflowBundle: bundle,
        activities: this.activities.all(),
        // Activities are told to stop after half of the time for stopping, and left behind at its end: Temporal retries them.
        shutdownGraceTime: SHUTDOWN_TIMEOUT_SECONDS * 500,
        shutdownForceTime: SHUTDOWN_TIMEOUT_SECONDS * 1000,
      });
      const wanted = wantedSchedules({
        shards: config.ALERT_SHARDS,
        snapshotIntervalMinutes: config.SNAPSHOT_INTERVAL_MINUTES,
        clusteringIntervalMinutes: config.LOG_CLUSTERING_INTERVAL_MINUTES,
        detectionIntervalMinutes: config.ANOMALY_INTERVAL_MINUTES,
      });
      const reconcile = () => reconcileSchedules(client.schedule, wanted, this.logger);
      this.workers = workers;
      const running = runWorkers(workers, async (oneEnded) => {
        const { paused } = await reconcile();
        this.logger.info({ task_queue: TASK_QUEUE, schedules: wanted.length }, 'workflow worker is running');
        onRunning();
        this.keeper = new ScheduleKeeper({ reconcile, onLost: declare, logger: this.logger });
        this.keeper.notePaused(paused);
        await this.keeper.run(AbortSignal.any([this.stopping.signal, oneEnded, ended.signal]));
      });
      await Promise.race([running, failedForGood(workers, ended.signal)]);
    } finally {
      ended.abort();
      this.workers = [];
      this.keeper = undefined;
      // Whoever was left behind still holds it.
      await connection.close().catch((error: unknown) => {
        this.logger.debug({ err: error }, 'the connection of the failed workflow worker stays open');
      });
    }
  }

  /** Resolves after a stop was requested, where nothing but a Temporal that does not answer keeps the worker from ending. */
  private async heldWhenStopping(): Promise<'held'> {
    await this.stopRequested;
    const idleMs = Math.min(HELD_MS, this.config.values.SHUTDOWN_TIMEOUT_SECONDS * 500);
    await heldByTemporal(() => this.workers, { idleMs });
    return 'held';
  }

  private tell(error: unknown, attempt: object): void {
    const problem =
      describeTemporalProblem(error) ?? (error instanceof Error ? error.message : String(error));
    const isNew = problem !== this.problem;
    this.problem = problem;
    this.logger[isNew ? 'warn' : 'debug'](
      { err: error, problem, ...attempt, temporal_address: this.temporal.nativeAddress },
      'workflow worker is not running, trying again',
    );
  }

  private countEnd(error: unknown): void {
    if (this.ends.note(this.clock.now()) >= ENDS_MAX) throw error;
  }

  /** Stops the whole process in order, with a status that tells its supervisor that something is wrong. */
  private giveUp(error: unknown): void {
    this.logger.fatal({ err: error }, 'workflow worker keeps ending, stopping the process');
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  }
}
