import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresIngestQueue } from '../../libs/adapters/postgres/src/postgres-ingest-queue';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresSnapshotStore } from '../../libs/adapters/postgres/src/postgres-snapshot-store';
import { encodeLogBatch } from '../../libs/contracts/src/log-batch.message';
import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import { toSnapshotResponse } from '../../libs/contracts/src/snapshots.contract';
import { systemClock } from '../../libs/core/src/common/clock';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type Fingerprint } from '../../libs/core/src/common/ids';
import type { IngestQueueName } from '../../libs/core/src/ingest/ingest-queue.port';
import { toIso } from '../../libs/core/src/common/time-range';
import { encodeLogId } from '../../libs/core/src/logs/log-id';
import type { LogLevel } from '../../libs/core/src/logs/log-level';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { snapshotWorkflowId } from '../../workflows/shared/workflow-ids';
import { createSnapshotActivities } from '../../workflows/snapshot/snapshot.activities';
import { TemporalSnapshotTaker } from '../../workflows/snapshot/snapshot.client';
import type { SnapshotSweepInput, SnapshotSweepResult } from '../../workflows/snapshot/snapshot.contract';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type TemporalTestWorker, startTemporalTestWorker } from '../support/temporal-test-worker';
import { recordHistory } from '../support/workflow-history';

const WINDOW_MS = 300_000;

const failing = new Set<string>();

class FallibleLogStore extends PostgresLogStore {
  override countMany(...[scope, requests]: Parameters<PostgresLogStore['countMany']>) {
    if (!failing.has(scope.projectId)) return super.countMany(scope, requests);
    return Promise.reject(new OpsError('invalid', 'OPS_REQUEST_INVALID', 'made to fail by the test'));
  }
}

let brokerAnswers = true;

class FallibleIngestQueue extends PostgresIngestQueue {
  override depth(name: IngestQueueName) {
    if (brokerAnswers) return super.depth(name);
    return Promise.reject(new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the broker is away'));
  }
}

let catalog: Catalog;
let queue: PostgresIngestQueue;
let temporal: TemporalTestWorker;
let snapshots: PostgresSnapshotStore;
let logs: PostgresLogStore;
let metrics: PostgresMetricStore;

beforeAll(async () => {
  catalog = await startCatalog();
  snapshots = new PostgresSnapshotStore(catalog.pool);
  logs = new FallibleLogStore(catalog.pool);
  metrics = new PostgresMetricStore(catalog.pool);
  queue = new FallibleIngestQueue(catalog.pool, {
    maxFreshBytes: 1_000_000,
    maxAttempts: 3,
    log: createLogger({ level: 'silent', role: 'test' }),
  });
  temporal = await startTemporalTestWorker(() =>
    createSnapshotActivities({
      projects: new PostgresProjectStore(catalog.pool),
      snapshots,
      logs,
      metrics,
      queue,
      incidents: new PostgresIncidentStore(catalog.pool),
    }),
  );
});

afterAll(async () => {
  await temporal?.stop();
  await queue?.close();
  await catalog?.end();
});

function taker(): TemporalSnapshotTaker {
  const { client, taskQueue } = temporal;
  return new TemporalSnapshotTaker({ client, taskQueue, snapshots, clock: systemClock, windowMs: WINDOW_MS });
}

async function addLog(
  scope: ProjectScope,
  atMs: number,
  serviceName: string,
  level: LogLevel,
): Promise<void> {
  const hash = randomUUID().replaceAll('-', '').slice(0, 10);
  const record = {
    id: encodeLogId({ timestampNs: BigInt(atMs) * 1_000_000n, receivedAtMs: atMs, index: 0, hash }),
    projectId: scope.projectId,
    timestamp: toIso(atMs),
    receivedAt: toIso(atMs),
    level,
    serviceName,
    message: `said by ${serviceName} ${'x'.repeat(1000)}`,
    context: {},
    fingerprint: asId<Fingerprint>(`fingerprint-${serviceName}`),
    source: 'api',
  };
  await logs.write(scope, encodeLogBatch([record]));
}

describe('a snapshot by hand', () => {
  it('captures what the services said and measured in the window before it, and can be read back', async () => {
    const scope = await catalog.newScope();
    const nowMs = Date.now();
    await addLog(scope, nowMs - 1000, 'checkout', 'error');
    await addLog(scope, nowMs - 2000, 'checkout', 'info');
    await addLog(scope, nowMs - 3000, 'checkout', 'info');
    await addLog(scope, nowMs - 1000, 'cart', 'info');
    await addLog(scope, nowMs - WINDOW_MS - 60_000, 'cart', 'fatal');
    const sample = (value: number) => ({
      projectId: scope.projectId,
      metricName: 'latency_ms',
      serviceName: 'checkout',
      tags: {},
      timestamp: toIso(nowMs - value),
      value,
    });
    await metrics.write(scope, encodeMetricBatch([sample(100), sample(300)]));

    const snapshot = await taker().take(scope);
    expect(snapshot).toMatchObject({
      projectId: scope.projectId,
      trigger: 'manual',
      countByLevel: { info: 3, error: 1 },
      services: [
        { serviceName: 'checkout', countByLevel: { info: 2, error: 1 } },
        { serviceName: 'cart', countByLevel: { info: 1 } },
      ],
      metrics: [{ metricName: 'latency_ms', serviceName: 'checkout', value: 200 }],
      queues: [
        { queue: 'logs.ingest', messages: 0, deadLetters: 0 },
        { queue: 'metrics.ingest', messages: 0, deadLetters: 0 },
        { queue: 'events.ingest', messages: 0, deadLetters: 0 },
        { queue: 'alerts.evaluate', messages: 0, deadLetters: 0 },
      ],
      openIncidents: 0,
    });
    expect(snapshot.countByLevel).toEqual({ info: 3, error: 1 });
    expect(snapshot.range).toEqual({ fromMs: snapshot.takenAtMs - WINDOW_MS, toMs: snapshot.takenAtMs });
    expect(snapshot.topPatterns[0]).toMatchObject({ serviceName: 'checkout' });
    expect(snapshot.topPatterns[0]?.example.length).toBeLessThanOrEqual(500);
    expect(await snapshots.find(scope, snapshot.id)).toEqual(snapshot);
    const workflowId = snapshotWorkflowId(scope.projectId, snapshot.takenAtMs);
    await recordHistory(temporal.client, workflowId, 'snapshot');
  });

  it('captures a project in which nothing has happened', async () => {
    const scope = await catalog.newScope();
    expect(await taker().take(scope)).toMatchObject({
      countByLevel: {},
      services: [],
      topPatterns: [],
      metrics: [],
    });
  });

  it('captures all but the queues while their broker does not answer', async () => {
    const scope = await catalog.newScope();
    await addLog(scope, Date.now() - 1000, 'checkout', 'error');
    brokerAnswers = false;
    try {
      const snapshot = await taker().take(scope);
      expect(snapshot).toMatchObject({ countByLevel: { error: 1 }, openIncidents: 0 });
      expect(snapshot).not.toHaveProperty('queues');
      expect(toSnapshotResponse(snapshot)).toMatchObject({ count_by_level: { error: 1 }, queues: null });
    } finally {
      brokerAnswers = true;
    }
  });

  it('says that the snapshot is unavailable where it cannot be taken', async () => {
    const scope = await catalog.newScope();
    failing.add(scope.projectId);
    await expect(taker().take(scope)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'OPS_WORKFLOW_UNAVAILABLE',
      message: expect.stringMatching(/could not be taken: look at \/health/),
    });
  });
});

describe('a snapshot by hand while Temporal takes connections and does not answer', () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket));
  let connection: Connection;

  beforeAll(async () => {
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    connection = Connection.lazy({ address: `127.0.0.1:${(silent.address() as AddressInfo).port}` });
  });
  afterAll(async () => {
    await connection.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('is refused long before the time for taking one is over', async () => {
    const scope = await catalog.newScope();
    const options = { taskQueue: temporal.taskQueue, snapshots, clock: systemClock, windowMs: WINDOW_MS };
    const hanging = new TemporalSnapshotTaker({
      ...options,
      client: new Client({ connection }),
      startTimeoutMs: 300,
    });
    const beganAtMs = performance.now();
    await expect(hanging.take(scope)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'OPS_WORKFLOW_UNAVAILABLE',
      message: expect.stringMatching(/could not be taken: look at \/health/),
    });
    expect(performance.now() - beganAtMs).toBeLessThan(10_000);
  });
});

describe('the snapshot sweep', () => {
  it('takes one of every project as of the same instant, whatever becomes of the others', async () => {
    const scopes = [await catalog.newScope(), await catalog.newScope(), await catalog.newScope()];
    const [broken] = scopes;
    if (broken === undefined) throw new Error('there is a project');
    failing.add(broken.projectId);
    const takenAtMs = Date.now();
    const workflowId = `snapshotSweep:test:${randomUUID()}`;
    const result = await temporal.client.workflow.execute<
      (input: SnapshotSweepInput) => Promise<SnapshotSweepResult>
    >('snapshotSweep', {
      workflowId,
      taskQueue: temporal.taskQueue,
      args: [{ shard: 0, shards: 1, windowMs: WINDOW_MS, takenAtMs }],
    });
    // The project of the test before fails too.
    expect(result.failed).toBe(failing.size);
    for (const scope of scopes) {
      const { items } = await snapshots.list(scope, { limit: 10 });
      const expected = scope === broken ? [] : [{ trigger: 'scheduled', takenAtMs }];
      expect(items).toMatchObject(expected);
    }
    await recordHistory(temporal.client, workflowId, 'snapshotSweep');
  });
});
