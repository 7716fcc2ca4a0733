import { randomUUID } from 'node:crypto';
import { ThreadTemplateMining } from '../../libs/adapters/local/src/thread-template-mining';
import { PostgresLogPatternStore } from '../../libs/adapters/postgres/src/postgres-log-pattern-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { fingerprint } from '../../libs/analysis/src/fingerprint';
import { encodeLogBatch } from '../../libs/contracts/src/log-batch.message';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type Fingerprint } from '../../libs/core/src/common/ids';
import { toIso } from '../../libs/core/src/common/time-range';
import { encodeLogId } from '../../libs/core/src/logs/log-id';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { createClusteringMetrics } from '../../workflows/log-clustering/clustering-metrics';
import { createLogClusteringActivities } from '../../workflows/log-clustering/log-clustering.activities';
import type {
  LogClusteringInput,
  LogClusteringResult,
} from '../../workflows/log-clustering/log-clustering.contract';
import { createSnapshotActivities } from '../../workflows/snapshot/snapshot.activities';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type TemporalTestWorker, startTemporalTestWorker } from '../support/temporal-test-worker';
import { recordHistory } from '../support/workflow-history';

const WINDOW_MS = 300_000;
const failing = new Set<string>();

class FallibleLogStore extends PostgresLogStore {
  override countFingerprints(...request: Parameters<PostgresLogStore['countFingerprints']>) {
    const [scope] = request;
    if (!failing.has(scope.projectId)) return super.countFingerprints(...request);
    return Promise.reject(new OpsError('invalid', 'OPS_REQUEST_INVALID', 'made to fail by the test'));
  }
}

/** What the clock says that all processes share. */
let databaseNowMs = Infinity;
const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
let catalog: Catalog;
let temporal: TemporalTestWorker;
let logs: PostgresLogStore;
let patterns: PostgresLogPatternStore;

beforeAll(async () => {
  catalog = await startCatalog();
  logs = new FallibleLogStore(catalog.pool);
  patterns = new PostgresLogPatternStore(catalog.pool);
  const unused = {} as never;
  const { listShardProjects } = createSnapshotActivities({
    projects: new PostgresProjectStore(catalog.pool),
    snapshots: unused,
    logs,
    metrics: unused,
    queue: unused,
    incidents: unused,
  });
  temporal = await startTemporalTestWorker(() => ({
    listShardProjects,
    ...createLogClusteringActivities({
      logs,
      patterns,
      sharedClock: { now: () => Promise.resolve(databaseNowMs) },
      mining: new ThreadTemplateMining({ maxInlineChars: Infinity }),
      logger: createLogger({ level: 'silent', role: 'test' }),
      counters: createClusteringMetrics(metrics),
      delayMs: 0,
      maxPatterns: 1000,
    }),
  }));
});

afterAll(async () => {
  await temporal?.stop();
  await catalog?.end();
});

interface Said {
  readonly atMs: number;
  readonly message: string;
  readonly serviceName?: string;
}

async function say(scope: ProjectScope, said: readonly Said[]): Promise<void> {
  const records = said.map(({ atMs, message, serviceName = 'checkout' }, index) => ({
    id: encodeLogId({
      timestampNs: BigInt(atMs) * 1_000_000n,
      receivedAtMs: atMs,
      index,
      hash: randomUUID().replaceAll('-', '').slice(0, 10),
    }),
    projectId: scope.projectId,
    timestamp: toIso(atMs),
    receivedAt: toIso(atMs),
    level: 'error' as const,
    serviceName,
    message,
    context: {},
    fingerprint: asId<Fingerprint>(fingerprint(message)),
    source: 'api',
  }));
  expect((await logs.write(scope, encodeLogBatch(records))).rejected).toEqual([]);
}

async function cluster(
  scheduledAtMs: number,
): Promise<{ readonly workflowId: string; readonly result: LogClusteringResult }> {
  const workflowId = `logClustering:test:${randomUUID()}`;
  const result = await temporal.client.workflow.execute<
    (input: LogClusteringInput) => Promise<LogClusteringResult>
  >('logClustering', {
    workflowId,
    taskQueue: temporal.taskQueue,
    args: [{ shard: 0, shards: 1, windowMs: WINDOW_MS, scheduledAtMs }],
  });
  return { workflowId, result };
}

const T0 = Math.floor(Date.now() / 60_000) * 60_000 - 12 * 3_600_000;
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
const declined = (atMs: number): Said[] =>
  NAMES.map((name, index) => ({
    atMs: atMs + index,
    message: `payment of ${name} was declined by the bank`,
  }));

describe('log clustering', () => {
  it('merges fingerprints into patterns that keep their ids, and a repeated run changes nothing', async () => {
    const scope = await catalog.newScope();
    await say(scope, declined(T0));
    const first = await cluster(T0 + 60_000);
    expect(first.result.failed).toBe(0);
    const learned = await patterns.load(scope);
    expect(learned).toMatchObject({
      algorithm: 'typed-skeletons',
      clusteredToMs: T0 + 60_000,
      sinceMs: T0,
      patterns: [
        {
          template: expect.stringMatching(/^payment of <\S+> was declined by the bank$/),
          count: NAMES.length,
          fingerprints: NAMES.length,
          level: 'error',
          services: ['checkout'],
          firstAtMs: T0,
        },
      ],
    });
    expect(await metrics.total('opspilot_log_fingerprints_learned_total')).toBe(NAMES.length);
    expect(await metrics.total('opspilot_log_patterns_learned_total')).toBe(1);
    await recordHistory(temporal.client, first.workflowId, 'logClustering');

    await cluster(T0 + 60_000);
    expect(await patterns.load(scope)).toEqual(learned);

    await say(scope, [
      { atMs: T0 + 70_000, message: 'payment of ivan was declined by the bank', serviceName: 'billing' },
    ]);
    await cluster(T0 + 120_000);
    const [pattern] = (await patterns.load(scope))?.patterns ?? [];
    expect(pattern).toMatchObject({
      id: learned?.patterns[0]?.id,
      count: NAMES.length + 1,
      services: ['billing', 'checkout'],
      lastAtMs: T0 + 70_000,
    });
    expect(pattern?.lastChange).toBeUndefined();
  });

  it('notes what is new, gone and surging against the time before, once it knows that time', async () => {
    const scope = await catalog.newScope();
    const startMs = T0 - 2 * 3_600_000;
    const steady = (fromMs: number, toMs: number, everyMs: number, message: string) =>
      Array.from({ length: Math.floor((toMs - fromMs) / everyMs) }, (_, index) => ({
        atMs: fromMs + index * everyMs,
        message,
      }));
    const nowMs = startMs + 2 * 3_600_000;
    const currentMs = nowMs - WINDOW_MS;
    await say(scope, [
      ...steady(startMs, nowMs, 30_000, 'heartbeat sent'),
      ...steady(startMs, currentMs, 10_000, 'cache refreshed from origin'),
      ...steady(startMs, nowMs, 60_000, 'retrying the upload'),
      ...steady(currentMs, nowMs, 2000, 'retrying the upload'),
      ...steady(currentMs, nowMs, 5000, 'disk is almost full'),
    ]);
    await cluster(currentMs);
    expect((await patterns.load(scope))?.patterns.every(({ lastChange }) => lastChange === undefined)).toBe(
      true,
    );
    await cluster(nowMs);
    const changes = (await patterns.load(scope))?.patterns.map(({ template, lastChange }) => [
      template,
      lastChange?.kind,
    ]);
    expect(new Map(changes as [string, string][])).toEqual(
      new Map([
        ['heartbeat sent', undefined],
        ['cache refreshed from origin', 'gone'],
        ['retrying the upload', 'surging'],
        ['disk is almost full', 'new'],
      ]),
    );
  });

  it('learns of what was stored only after the run that should have seen it, and counts nothing twice', async () => {
    const scope = await catalog.newScope();
    await say(scope, declined(T0));
    await cluster(T0 + 300_000);
    await say(scope, [{ atMs: T0 + 100_000, message: 'the disk of the ledger is full' }]);
    await cluster(T0 + 360_000);
    await cluster(T0 + 420_000);
    const found = (await patterns.load(scope))?.patterns ?? [];
    expect(found.map(({ count }) => count).sort()).toEqual([1, NAMES.length]);
  });

  it('goes on with the other projects where one fails, and leaves that one as it was', async () => {
    const [broken, fine] = [await catalog.newScope(), await catalog.newScope()];
    await say(broken, declined(T0));
    await say(fine, declined(T0));
    failing.add(broken.projectId);
    expect((await cluster(T0 + 180_000)).result.failed).toBe(1);
    failing.delete(broken.projectId);
    expect(await patterns.load(broken)).toBeUndefined();
    expect((await patterns.load(fine))?.patterns).toHaveLength(1);
    await cluster(T0 + 240_000);
    expect((await patterns.load(broken))?.patterns).toHaveLength(1);
  });

  it('learns anew from the examples where another version of the miner made the state', async () => {
    const scope = await catalog.newScope();
    await say(scope, declined(T0));
    await cluster(T0 + 60_000);
    const learned = await patterns.load(scope);
    if (learned === undefined) throw new Error('there is a catalogue');
    const older = { ...learned, version: 0, minerState: 'of another kind', clusteredToMs: T0 + 61_000 };
    await patterns.save(scope, older, learned.clusteredToMs);
    await cluster(T0 + 120_000);
    expect(await patterns.load(scope)).toMatchObject({
      version: learned.version,
      patterns: [{ count: NAMES.length, fingerprints: NAMES.length }],
    });
  });

  it('learns of what comes while the clock of Temporal is an hour ahead', async () => {
    const scope = await catalog.newScope();
    try {
      await say(scope, declined(T0));
      databaseNowMs = T0 + 60_000;
      await cluster(T0 + 3_660_000);
      await say(scope, [{ atMs: T0 + 120_000, message: 'the disk of the host is full' }]);
      databaseNowMs = T0 + 180_000;
      await cluster(T0 + 3_780_000);
    } finally {
      databaseNowMs = Infinity;
    }
    const templates = (await patterns.load(scope))?.patterns.map(({ template }) => template);
    expect(templates).toContain('the disk of the host is full');
  });
});
