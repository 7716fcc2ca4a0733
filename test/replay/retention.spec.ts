import { randomUUID } from 'node:crypto';
import { PostgresChangeEventStore } from '../../libs/adapters/postgres/src/postgres-change-event-store';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresServiceEdgeStore } from '../../libs/adapters/postgres/src/postgres-service-edge-store';
import { PostgresSnapshotStore } from '../../libs/adapters/postgres/src/postgres-snapshot-store';
import { PostgresSharedClock } from '../../libs/adapters/postgres/src/postgres-shared-clock';
import { transitionOf } from '../../libs/conformance/src/rule-of';
import { LogStoreSubject } from '../../libs/conformance/src/given-log-records.conformance';
import { encodeEventBatch } from '../../libs/contracts/src/event-batch.message';
import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import { systemClock } from '../../libs/core/src/common/clock';
import { systemStopwatch } from '../../libs/core/src/common/stopwatch';
import { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import { OpsError } from '../../libs/core/src/common/errors';
import {
  asId,
  type ChangeEventId,
  type IncidentId,
  type SnapshotId,
  type TimelineEventId,
} from '../../libs/core/src/common/ids';
import type { ChangeEvent } from '../../libs/core/src/ingest/change-event';
import type { Snapshot } from '../../libs/core/src/snapshots/snapshot';
import { waitFor } from '../support/wait-for';
import { toIso } from '../../libs/core/src/common/time-range';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { Retention } from '../../libs/core/src/projects/retention';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { deleteAged } from '../../workflows/retention/delete-aged';
import type { RetentionDependencies } from '../../workflows/retention/retention-dependencies';
import { createRetentionMetrics } from '../../workflows/retention/retention-metrics';
import { createRetentionActivities } from '../../workflows/retention/retention.activities';
import type { RetentionSweepInput, RetentionSweepResult } from '../../workflows/retention/retention.contract';
import { retentionId } from '../../workflows/shared/workflow-ids';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type TemporalTestWorker, startTemporalTestWorker } from '../support/temporal-test-worker';
import { recordHistory } from '../support/workflow-history';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-03-20T15:30:00Z');
const daysAgo = (days: number) => toIso(NOW - days * DAY_MS);

const failing = new Set<string>();

class FallibleLogStore extends PostgresLogStore {
  override deleteBefore(...[scope, ...rest]: Parameters<PostgresLogStore['deleteBefore']>) {
    if (!failing.has(scope.projectId)) return super.deleteBefore(scope, ...rest);
    return Promise.reject(new OpsError('invalid', 'OPS_REQUEST_INVALID', 'made to fail by the test'));
  }
}

/** That of the database, unless a test says what time it is. */
class SettableClock extends SharedClock {
  nowMs: number | undefined;

  override async now(): Promise<number> {
    return this.nowMs ?? new PostgresSharedClock(catalog.pool).now();
  }
}

const sharedClock = new SettableClock();
let catalog: Catalog;
let temporal: TemporalTestWorker;
let logs: LogStoreSubject;
let samples: PostgresMetricStore;
let projects: PostgresProjectStore;
let deps: RetentionDependencies;
const metrics = createMetricsRegistry('test', { runtimeMetrics: false });

beforeAll(async () => {
  catalog = await startCatalog();
  const logStore = new FallibleLogStore(catalog.pool);
  logs = new LogStoreSubject(logStore);
  samples = new PostgresMetricStore(catalog.pool);
  projects = new PostgresProjectStore(catalog.pool);
  for (const days of [1, 3, 6, 9]) {
    await logStore.ensurePartitions(NOW - days * DAY_MS);
    await samples.ensurePartitions(NOW - days * DAY_MS);
  }
  deps = {
    projects,
    stores: { logs: logStore, metrics: samples },
    serviceEdges: new PostgresServiceEdgeStore(catalog.pool),
    changeEvents: new PostgresChangeEventStore(catalog.pool),
    changeEventRetentionDays: 30,
    incidents: new PostgresIncidentStore(catalog.pool),
    incidentRetentionDays: 30,
    snapshots: new PostgresSnapshotStore(catalog.pool),
    snapshotRetentionMs: 30 * DAY_MS,
    defaults: { logs: 0, metrics: 0 },
    clock: systemClock,
    sharedClock,
    stopwatch: systemStopwatch,
    counters: createRetentionMetrics(metrics),
    logger: createLogger({ level: 'silent', role: 'test' }),
  };
  temporal = await startTemporalTestWorker(() => createRetentionActivities(deps));
});

afterAll(async () => {
  await temporal?.stop();
  await catalog?.end();
});

type RetentionSweep = (input: RetentionSweepInput) => Promise<RetentionSweepResult>;

function sweep(workflowId = `retentionSweep:test:${randomUUID()}`): Promise<RetentionSweepResult> {
  const { client, taskQueue } = temporal;
  const args: [RetentionSweepInput] = [{ atMs: NOW }];
  return client.workflow.execute<RetentionSweep>('retentionSweep', { workflowId, taskQueue, args });
}

/** A project with a record and a sample on each of these days. */
async function given(days: readonly number[], retention: Partial<Retention>): Promise<ProjectScope> {
  const scope = await catalog.newScope();
  await projects.setRetention(scope.projectId, retention);
  await logs.put(
    days.map((ago) => ({ at: daysAgo(ago), message: `${ago}` })),
    scope,
  );
  await samples.write(
    scope,
    encodeMetricBatch(
      days.map((ago) => ({
        projectId: scope.projectId,
        metricName: 'm',
        serviceName: 's',
        tags: {},
        timestamp: daysAgo(ago),
        value: ago,
      })),
    ),
  );
  return scope;
}

function deployOf({ projectId }: ProjectScope, ago: number): ChangeEvent {
  return {
    id: asId<ChangeEventId>(randomUUID()),
    projectId,
    kind: 'deploy',
    serviceName: 'api',
    title: `${ago}`,
    timestamp: daysAgo(ago),
    context: {},
  };
}

function snapshotOf({ projectId }: ProjectScope, takenAtMs: number): Snapshot {
  return {
    id: asId<SnapshotId>(randomUUID()),
    projectId,
    trigger: 'scheduled',
    takenAtMs,
    range: { fromMs: takenAtMs - 300_000, toMs: takenAtMs },
    countByLevel: {},
    services: [],
    topPatterns: [],
    metrics: [],
    openIncidents: 0,
  };
}

/** Its group says how many days ago all of it was. */
async function resolvedIncident(scope: ProjectScope, ago: number): Promise<void> {
  const evaluatedAtMs = NOW - ago * DAY_MS;
  const transition = transitionOf(scope, { evaluatedAtMs, incidentGroup: `${ago}` });
  const { incident } = await deps.incidents.openOrJoin(scope, transition, asId<IncidentId>(randomUUID()));
  const id = asId<TimelineEventId>(randomUUID());
  const resolved = {
    id,
    atMs: evaluatedAtMs,
    actor: { kind: 'opspilot' },
    body: { kind: 'resolved' },
  } as const;
  await deps.incidents.append(scope, incident.id, [resolved]);
}

const keptLogs = async (scope: ProjectScope) => (await logs.messagesOf({}, scope)).map(Number);
const keptSamples = async (scope: ProjectScope) => {
  const range = { fromMs: NOW - 9000 * DAY_MS, toMs: NOW + DAY_MS };
  return (await samples.sweep(scope, range, 86_400, 10))[0]?.points.map(({ value }) => value) ?? [];
};

describe('retention', () => {
  it('deletes nothing where nobody asked for it', async () => {
    const scope = await given([5000, 9, 1], {});
    expect(await sweep()).toEqual({ atMs: NOW, droppedDays: 0, projects: 0, failed: 0 });
    expect(await keptLogs(scope)).toEqual([5000, 9, 1]);
  });

  it('deletes of each project what is older than it keeps, whatever becomes of the others, and a repeat finds nothing', async () => {
    const all = [5000, 9, 6, 3, 1, 0];
    const keeper = await given(all, { logs: 0 });
    const brief = await given(all, { logs: 3, metrics: 6 });
    const broken = await given(all, { logs: 3, metrics: 3 });
    const longer = await given(all, { logs: 6 });
    failing.add(broken.projectId);

    const workflowId = `retentionSweep:test:${randomUUID()}`;
    expect(await sweep(workflowId)).toEqual({
      atMs: NOW,
      droppedDays: expect.any(Number),
      projects: 2,
      failed: 1,
    });
    expect(await keptLogs(keeper)).toEqual(all);
    expect(await keptSamples(keeper)).toEqual(all);
    expect(await keptLogs(brief)).toEqual([3, 1, 0]);
    expect(await keptSamples(brief)).toEqual([6, 3, 1, 0]);
    expect(await keptLogs(longer)).toEqual([6, 3, 1, 0]);
    expect(await keptSamples(longer)).toEqual(all);
    // Its logs could not be deleted; its samples were.
    expect(await keptLogs(broken)).toEqual(all);
    expect(await keptSamples(broken)).toEqual([3, 1, 0]);
    expect(await metrics.total('opspilot_retention_failures_total', { kind: 'logs' })).toBe(1);

    failing.clear();
    expect(await sweep()).toMatchObject({ projects: 1, failed: 0 });
    expect(await keptLogs(broken)).toEqual([3, 1, 0]);
    expect(await sweep()).toEqual({ atMs: NOW, droppedDays: 0, projects: 0, failed: 0 });
    await recordHistory(temporal.client, workflowId, 'retentionSweep');
    await recordHistory(temporal.client, retentionId(brief.projectId), 'retention');
  });

  it('deletes nothing that the clock of the database does not find old, however far ahead that of Temporal is', async () => {
    const scope = await given([9, 1], { logs: 3, metrics: 3 });
    sharedClock.nowMs = NOW - 7 * DAY_MS;
    try {
      expect(await sweep()).toMatchObject({ droppedDays: 0, projects: 0, failed: 0 });
    } finally {
      sharedClock.nowMs = undefined;
    }
    expect(await keptLogs(scope)).toEqual([9, 1]);
    expect(await keptSamples(scope)).toEqual([9, 1]);
  });

  it('goes on a day after the last run where the clock has been put forward, and not by all that the clock says', async () => {
    const scope = await given([12, 11, 9], { logs: 1, metrics: 1 });
    const { client, taskQueue } = temporal;
    const LAST = NOW - 10 * DAY_MS;
    const handle = await client.schedule.create({
      scheduleId: `retentionSweep:test:${randomUUID()}`,
      spec: { intervals: [{ every: '1s' }] },
      action: { type: 'startWorkflow', workflowType: 'retentionSweep', taskQueue, args: [{ atMs: LAST }] },
    });
    /** The first instant after this one from which a run counted ages. */
    const instantAfter = (atMs: number) =>
      waitFor(`a run after ${toIso(atMs)}`, async () => {
        for (const { action } of (await handle.describe()).info.recentActions) {
          const run = client.workflow.getHandle(action.workflow.workflowId);
          const result = (await run.result()) as RetentionSweepResult;
          if (result.atMs > atMs) return result.atMs;
        }
        return undefined;
      });
    try {
      await instantAfter(LAST - 1);
      expect(await keptLogs(scope)).toEqual([11, 9]);
      await handle.update((before) => ({ ...before, action: { ...before.action, args: [{}] } }));
      expect(await instantAfter(LAST)).toBe(LAST + DAY_MS);
    } finally {
      await handle.pause();
      await waitFor('its runs to end', async () =>
        (await handle.describe()).info.runningActions.length === 0 ? true : undefined,
      );
      await handle.delete();
    }
  });

  it('deletes service edges with the log records that they were counted from, and snapshots, change events and incidents when their own time is over', async () => {
    const keeper = await given([1], {});
    const brief = await given([1], { logs: 3 });
    const range = { fromMs: NOW - 100 * DAY_MS, toMs: NOW };
    const ages = [40, 9, 1];
    for (const scope of [keeper, brief]) {
      const edges = ages.map((ago) => ({
        minuteMs: Math.floor((NOW - ago * DAY_MS) / 60_000) * 60_000,
        caller: 'web',
        callee: `${ago}`,
        kind: 'parent_span' as const,
        count: 1,
      }));
      await deps.serviceEdges.write(scope, range, edges);
      for (const ago of ages) await resolvedIncident(scope, ago);
      for (const ago of ages) await deps.snapshots.save(scope, snapshotOf(scope, NOW - ago * DAY_MS));
      await deps.changeEvents.write(scope, encodeEventBatch(ages.map((ago) => deployOf(scope, ago))));
    }
    await sweep();
    const kept = async (scope: ProjectScope) => ({
      edges: (await deps.serviceEdges.list(scope, { range }, { limit: 9 })).items.map(({ callee }) => callee),
      snapshots: (await deps.snapshots.list(scope, { limit: 9 })).items.map(
        ({ takenAtMs }) => (NOW - takenAtMs) / DAY_MS,
      ),
      deploys: (await deps.changeEvents.list(scope, { range }, { limit: 9 })).items.map(({ title }) => title),
      incidents: (await deps.incidents.list(scope, {}, { limit: 9 })).items.map(({ group }) => group),
    });
    const byTheirOwnAge = { snapshots: [1, 9], deploys: ['1', '9'], incidents: ['1', '9'] };
    expect(await kept(keeper)).toEqual({ edges: ['1', '40', '9'], ...byTheirOwnAge });
    expect(await kept(brief)).toEqual({ edges: ['1'], ...byTheirOwnAge });
  });

  it('forgets the names of series whose samples are all gone, once they are a day old, and counts them', async () => {
    const [keeper, brief] = [await given([9], {}), await given([9], { metrics: 3 })];
    const young = await given([9], { metrics: 3 });
    const madeAt = (scope: ProjectScope, ago: number) =>
      catalog.pool.query('UPDATE series SET created_at = $2 WHERE project_id = $1', [
        scope.projectId,
        daysAgo(ago),
      ]);
    await madeAt(keeper, 9);
    await madeAt(brief, 9);
    await madeAt(young, 0.5);
    const counted = { kind: 'series', how: 'record' };
    const before = (await metrics.total('opspilot_retention_records_deleted_total', counted)) ?? 0;
    // What goes record by record is gone after the days have been looked at.
    for (const run of [1, 2]) expect([run, (await sweep()).failed]).toEqual([run, 0]);
    const left = async (scope: ProjectScope) => (await samples.listSeries(scope, {}, { limit: 9 })).total;
    expect([await left(keeper), await left(brief), await left(young)]).toEqual([1, 0, 1]);
    expect(await metrics.total('opspilot_retention_records_deleted_total', counted)).toBe(before + 1);
  });

  it('drops days as a whole once nobody keeps them, and counts what it did', async () => {
    await catalog.pool.query('TRUNCATE log_records, log_minute_counts, log_fingerprint_counts, samples');
    const { rows } = await catalog.pool.query<{ id: string }>('SELECT id FROM projects');
    for (const { id } of rows) await catalog.pool.query('DELETE FROM projects WHERE id = $1', [id]);
    const one = await given([9, 6, 1], { logs: 3, metrics: 3 });
    const two = await given([9, 6, 1], { logs: 5, metrics: 5 });
    const before = (await metrics.total('opspilot_retention_records_deleted_total', { how: 'record' })) ?? 0;
    const result = await sweep();
    expect(result.projects).toBe(0);
    expect(result.droppedDays).toBeGreaterThanOrEqual(4);
    for (const scope of [one, two]) {
      expect(await keptLogs(scope)).toEqual([1]);
      expect(await keptSamples(scope)).toEqual([1]);
    }
    expect(
      await metrics.total('opspilot_retention_records_deleted_total', { kind: 'logs', how: 'day' }),
    ).toBe(4);
    expect(await metrics.total('opspilot_retention_records_deleted_total', { how: 'record' })).toBe(before);
  });

  it('counts the days that it dropped also where one cannot be dropped', async () => {
    await logs.store.ensurePartitions(NOW - 9 * DAY_MS);
    const scope = await given([9, 8, 1], { logs: 3 });
    const dropped = async () =>
      (await metrics.total('opspilot_retention_days_dropped_total', { kind: 'logs' })) ?? 0;
    const before = await dropped();
    await catalog.pool.query('CREATE VIEW of_somebody AS SELECT * FROM log_records_20260311');
    try {
      expect((await sweep()).failed).toBe(1);
    } finally {
      await catalog.pool.query('DROP VIEW of_somebody');
    }
    expect(await keptLogs(scope)).toEqual([1]);
    expect((await dropped()) - before).toBeGreaterThan(0);
  });
});

describe('deleteAged', () => {
  const request = ({ projectId }: ProjectScope) => ({ projectId, atMs: NOW, retained: 'metrics' as const });

  /** Fifteen series, each with one old and one young sample: more than fit into one portion. */
  async function givenSeries(): Promise<ProjectScope> {
    const scope = await catalog.newScope();
    await projects.setRetention(scope.projectId, { metrics: 3 });
    const series = Array.from({ length: 15 }, (_, host) => host);
    await samples.write(
      scope,
      encodeMetricBatch(
        [9, 1].flatMap((ago) =>
          series.map((host) => ({
            projectId: scope.projectId,
            metricName: 'm',
            serviceName: 's',
            tags: { host: `${host}` },
            timestamp: daysAgo(ago),
            value: 1,
          })),
        ),
      ),
    );
    return scope;
  }

  it('breaks off when its time is over, says so, and goes on the next time', async () => {
    const scope = await givenSeries();
    let nowMs = 0;
    const slow = { ...deps, stopwatch: { readMs: () => (nowMs += 11 * 60_000) } };
    const signal = new AbortController().signal;
    const first = await deleteAged(slow, request(scope), signal);
    expect(first.isDone).toBe(false);
    expect(first.deleted).toBeLessThan(15);
    const rest = await deleteAged(deps, request(scope), signal);
    expect(rest).toEqual({ deleted: 15 - first.deleted, isDone: true });
    expect(await samples.oldest(scope)).toBe(Date.parse(daysAgo(1)));
  });

  it.each([
    ['goes on', 'forward', DAY_MS, 60_000, true],
    ['breaks off in time', 'back', -DAY_MS, 11 * 60_000, false],
  ])('%s while the clock is put %s', async (_what, _where, putMs, tookMs, isDone) => {
    const scope = await givenSeries();
    let nowMs = NOW;
    let readMs = 0;
    const put = {
      ...deps,
      clock: { now: () => (nowMs += putMs) },
      stopwatch: { readMs: () => (readMs += tookMs) },
    };
    const done = await deleteAged(put, request(scope), new AbortController().signal);
    expect(done.isDone).toBe(isDone);
  });

  it('ends with the worker that runs it, and deletes by the limit that the project has now', async () => {
    const scope = await givenSeries();
    const stopping = new AbortController();
    stopping.abort(new Error('the worker stops'));
    await expect(deleteAged(deps, request(scope), stopping.signal)).rejects.toThrow();
    await projects.setRetention(scope.projectId, { metrics: 0 });
    const { signal } = new AbortController();
    expect(await deleteAged(deps, request(scope), signal)).toEqual({ deleted: 0, isDone: true });
    expect(await samples.oldest(scope)).toBe(Date.parse(daysAgo(9)));
  });
});
