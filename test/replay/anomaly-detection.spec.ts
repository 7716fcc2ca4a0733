import { randomUUID } from 'node:crypto';
import { PostgresAnomalyLabelStore } from '../../libs/adapters/postgres/src/postgres-anomaly-label-store';
import { PostgresAnomalyStore } from '../../libs/adapters/postgres/src/postgres-anomaly-store';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresLogPatternStore } from '../../libs/adapters/postgres/src/postgres-log-pattern-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { encodeLogBatch } from '../../libs/contracts/src/log-batch.message';
import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import { OpsError } from '../../libs/core/src/common/errors';
import {
  type AnomalyLabelId,
  asId,
  type Fingerprint,
  type LogPatternId,
} from '../../libs/core/src/common/ids';
import { toIso } from '../../libs/core/src/common/time-range';
import { encodeLogId } from '../../libs/core/src/logs/log-id';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { createAnomalyDetectionActivities } from '../../workflows/anomaly-detection/anomaly-detection.activities';
import type {
  AnomalyDetectionInput,
  AnomalyDetectionResult,
} from '../../workflows/anomaly-detection/anomaly-detection.contract';
import { createDetectionMetrics } from '../../workflows/anomaly-detection/detection-metrics';
import { createSnapshotActivities } from '../../workflows/snapshot/snapshot.activities';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type TemporalTestWorker, startTemporalTestWorker } from '../support/temporal-test-worker';
import { recordHistory } from '../support/workflow-history';

const MINUTE = 60_000;
const RETENTION_MS = 15 * 24 * 60 * MINUTE;
const failing = new Set<string>();

class FallibleMetricStore extends PostgresMetricStore {
  override sweep(...given: Parameters<PostgresMetricStore['sweep']>) {
    if (!failing.has(given[0].projectId)) return super.sweep(...given);
    return Promise.reject(new OpsError('invalid', 'OPS_REQUEST_INVALID', 'made to fail by the test'));
  }
}

/** What the clock says that all processes share. */
let databaseNowMs = Infinity;
const counters = createMetricsRegistry('test', { runtimeMetrics: false });
let catalog: Catalog;
let temporal: TemporalTestWorker;
let metrics: PostgresMetricStore;
let logs: PostgresLogStore;
let patterns: PostgresLogPatternStore;
let anomalies: PostgresAnomalyStore;
let labels: PostgresAnomalyLabelStore;

beforeAll(async () => {
  catalog = await startCatalog();
  metrics = new FallibleMetricStore(catalog.pool);
  logs = new PostgresLogStore(catalog.pool);
  patterns = new PostgresLogPatternStore(catalog.pool);
  anomalies = new PostgresAnomalyStore(catalog.pool);
  labels = new PostgresAnomalyLabelStore(catalog.pool);
  const unused = {} as never;
  const { listShardProjects } = createSnapshotActivities({
    projects: new PostgresProjectStore(catalog.pool),
    snapshots: unused,
    logs: unused,
    metrics: unused,
    queue: unused,
    incidents: unused,
  });
  temporal = await startTemporalTestWorker(() => ({
    listShardProjects,
    ...createAnomalyDetectionActivities({
      metrics,
      logs,
      patterns,
      anomalies,
      anomalyLabels: labels,
      incidentStore: new PostgresIncidentStore(catalog.pool),
      sharedClock: { now: () => Promise.resolve(databaseNowMs) },
      counters: createDetectionMetrics(counters),
      logger: createLogger({ level: 'silent', role: 'test' }),
      delayMs: 0,
      retentionMs: RETENTION_MS,
      maxSeries: 100,
      maxPatterns: 10,
    }),
  }));
});

afterAll(async () => {
  await temporal?.stop();
  await catalog?.end();
});

/** A whole minute, some hours ago. */
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE - 3 * 3_600_000;
const SERVICES = ['cart', 'checkout', 'search'];
const METRICS = ['latency_ms', 'errors', 'cpu'];
const steady = (minute: number) => 100 + (((minute + 1000) * 7) % 5);

/** Values of every service and metric in minutes before NOW, from `from` to `to`. */
async function measure(
  scope: ProjectScope,
  from: number,
  to: number,
  valueAt: (minute: number, service: string, metric: string) => number,
): Promise<void> {
  const samples = Array.from({ length: to - from }, (_, index) => from + index).flatMap((minute) =>
    SERVICES.flatMap((serviceName) =>
      METRICS.map((metricName) => ({
        projectId: scope.projectId,
        metricName,
        serviceName,
        tags: { pod: '1' },
        timestamp: toIso(NOW + minute * MINUTE + 1000),
        value: valueAt(minute, serviceName, metricName),
      })),
    ),
  );
  expect((await metrics.write(scope, encodeMetricBatch(samples))).rejected).toEqual([]);
}

async function detect(
  scheduledAtMs: number,
): Promise<{ readonly workflowId: string; readonly result: AnomalyDetectionResult }> {
  const workflowId = `anomalyDetection:test:${randomUUID()}`;
  const result = await temporal.client.workflow.execute<
    (input: AnomalyDetectionInput) => Promise<AnomalyDetectionResult>
  >('anomalyDetection', {
    workflowId,
    taskQueue: temporal.taskQueue,
    args: [{ shard: 0, shards: 1, scheduledAtMs }],
  });
  return { workflowId, result };
}

const range = { fromMs: NOW - 24 * 60 * MINUTE, toMs: NOW + 24 * 60 * MINUTE };
const found = async (scope: ProjectScope) => (await anomalies.list(scope, { range }, { limit: 500 })).items;
const standOf = async (scope: ProjectScope) =>
  (await anomalies.listProgress(scope, 100)).map(({ judgedToMs }) => (judgedToMs - NOW) / MINUTE);

describe('anomaly detection', () => {
  it('finds a fault in new points, ranks the services, and changes nothing when repeated', async () => {
    const scope = await catalog.newScope();
    const withFault = (minute: number, service: string, metric: string) =>
      minute >= 2 && service === 'checkout' && metric !== 'cpu' ? 900 : steady(minute);
    await measure(scope, -600, 6, withFault);
    const first = await detect(NOW);
    expect(first.result).toEqual({ judged: 1, failed: 0 });
    expect(await found(scope)).toEqual([]);
    expect(await standOf(scope)).toEqual(Array.from({ length: 9 }, () => 0));
    await recordHistory(temporal.client, first.workflowId, 'anomalyDetection');

    await detect(NOW + 3 * MINUTE);
    await detect(NOW + 6 * MINUTE);
    const listed = await found(scope);
    expect(new Set(listed.map(({ serviceName }) => serviceName))).toEqual(new Set(['checkout']));
    expect(new Set(listed.map(({ metricName }) => metricName))).toEqual(new Set(['latency_ms', 'errors']));
    expect(listed.filter(({ phase }) => phase === 'onset')).toMatchObject([
      {
        atMs: NOW + 2 * MINUTE,
        direction: 'up',
        tags: { pod: '1' },
        method: expect.stringMatching(/^adaptive\//),
      },
      { atMs: NOW + 2 * MINUTE, value: 900, why: expect.stringContaining('900') },
    ]);
    const scores = await anomalies.listServiceScores(scope, { range }, 60, 10);
    expect(scores[0]).toMatchObject({
      serviceName: 'checkout',
      worst: { series: 3, anomalous: 2 },
    });
    const loudest = scores[0]?.worst.contributors.slice(0, 2).map(({ metricName }) => metricName);
    expect(loudest?.sort()).toEqual(['errors', 'latency_ms']);
    expect(scores[1]?.worst.score ?? 0).toBeLessThan((scores[0]?.worst.score ?? 0) / 2);

    const states = await anomalies.loadStates(scope, listed);
    await detect(NOW + 6 * MINUTE);
    expect([await found(scope), await anomalies.loadStates(scope, listed)]).toEqual([listed, states]);
    expect(await counters.total('opspilot_anomalies_found_total')).toBe(listed.length);

    await detect(NOW + 7 * MINUTE + RETENTION_MS);
    expect([await found(scope), await standOf(scope)]).toEqual([[], []]);
  });

  it('passes over nothing that is still to come, and forgets nothing, however far ahead the clock of Temporal is', async () => {
    const scope = await catalog.newScope();
    const fault = (minute: number, service: string) =>
      minute >= 4 && service === 'checkout' ? 900 : steady(minute);
    await measure(scope, -600, 2, steady);
    databaseNowMs = NOW + 2 * MINUTE;
    try {
      await detect(NOW + 60 * MINUTE);
      await measure(scope, 2, 6, fault);
      databaseNowMs = NOW + 6 * MINUTE;
      await detect(NOW + 64 * MINUTE);
      await detect(NOW + 7 * MINUTE + RETENTION_MS);
    } finally {
      databaseNowMs = Infinity;
    }
    expect(new Set((await found(scope)).map(({ serviceName }) => serviceName))).toEqual(
      new Set(['checkout']),
    );
  });

  it('obeys labels that are applied', async () => {
    const scope = await catalog.newScope();
    const spike = (minute: number, service: string) =>
      minute === 2 && service === 'cart' ? 900 : steady(minute);
    await measure(scope, -600, 4, spike);
    const label = {
      id: asId<AnomalyLabelId>('a'),
      metricName: 'latency_ms',
      verdict: 'not_an_anomaly' as const,
      fromMs: NOW,
      toMs: NOW + 60 * MINUTE,
      furthestUp: 1000,
      furthestDown: 0,
      note: '',
      createdAtMs: 0,
      appliedAtMs: 1,
    };
    await labels.add(scope, label, 10);
    await labels.add(
      scope,
      { ...label, id: asId<AnomalyLabelId>('b'), metricName: 'cpu', appliedAtMs: 1 },
      10,
    );
    await detect(NOW + 4 * MINUTE);
    const onsets = (await found(scope)).filter(({ atMs }) => atMs === NOW + 2 * MINUTE);
    expect(onsets.map(({ metricName }) => metricName)).toEqual(['errors']);
  });

  it('goes on with the other projects where one fails, which then catches up', async () => {
    const [broken, fine] = [await catalog.newScope(), await catalog.newScope()];
    for (const scope of [broken, fine]) await measure(scope, -300, 10, steady);
    failing.add(broken.projectId);
    expect((await detect(NOW)).result.failed).toBe(1);
    failing.delete(broken.projectId);
    expect([await standOf(broken), (await standOf(fine)).length]).toEqual([[], 9]);
    await detect(NOW + 10 * MINUTE);
    expect((await standOf(broken))[0]).toBe(10);
  });

  it('begins anew where another version made the state, and where a series was away for long', async () => {
    const scope = await catalog.newScope();
    await measure(scope, -300, 0, steady);
    await detect(NOW - 120 * MINUTE);
    const [some, other] = await anomalies.listProgress(scope, 100);
    if (some === undefined || other === undefined) throw new Error('there are states');
    const [state] = await anomalies.loadStates(scope, [some]);
    if (state === undefined) throw new Error('there is a state');
    const foreign = { ...state, method: 'adaptive/0', judgedToMs: NOW - 10 * MINUTE };
    await anomalies.save(scope, [
      { after: foreign, expectedToMs: some.judgedToMs, anomalies: [], learning: false },
    ]);
    await detect(NOW);
    const [again] = await anomalies.loadStates(scope, [some]);
    expect(again).toMatchObject({ judgedToMs: NOW, method: state.method });
    expect(new Set(await standOf(scope))).toEqual(new Set([0]));
  });

  it('judges how often log patterns occur', async () => {
    const scope = await catalog.newScope();
    const fingerprint = asId<Fingerprint>('f1');
    const records = Array.from({ length: 303 }, (_, minute) => minute - 300).flatMap((minute) =>
      Array.from({ length: minute === 1 ? 80 : 2 + (Math.abs(minute) % 2) }, (__, index) => {
        const atMs = NOW + minute * MINUTE + index;
        const hash = randomUUID().replaceAll('-', '').slice(0, 10);
        return {
          id: encodeLogId({ timestampNs: BigInt(atMs) * 1_000_000n, receivedAtMs: atMs, index, hash }),
          projectId: scope.projectId,
          timestamp: toIso(atMs),
          receivedAt: toIso(atMs),
          level: 'warn' as const,
          serviceName: 'checkout',
          message: 'card declined',
          context: {},
          fingerprint,
          source: 'api',
        };
      }),
    );
    await logs.write(scope, encodeLogBatch(records));
    const example = { id: 'x', serviceName: 'checkout', message: 'card declined' };
    const seen = {
      level: 'warn' as const,
      services: ['checkout'],
      count: 600,
      firstAtMs: NOW - 300 * MINUTE,
      lastAtMs: NOW,
    };
    const patternId = asId<LogPatternId>('p1');
    const catalogue = {
      algorithm: 'a',
      version: 1,
      minerState: '',
      sinceMs: NOW,
      clusteredToMs: NOW,
      patterns: [
        { ...seen, id: patternId, template: 'card declined', wildcards: [], fingerprints: 1, examples: [] },
      ],
      fingerprints: [{ ...seen, fingerprint, patternId, leafId: 'l', example }],
    };
    await patterns.save(scope, catalogue, undefined);
    await detect(NOW);
    await detect(NOW + 3 * MINUTE);
    expect((await found(scope)).at(-1)).toMatchObject({
      metricName: 'log_pattern_count',
      serviceName: 'checkout',
      tags: { pattern_id: 'p1' },
      atMs: NOW + MINUTE,
      value: 80,
      why: expect.stringMatching(/^“card declined” a minute: /),
    });
  });
});
