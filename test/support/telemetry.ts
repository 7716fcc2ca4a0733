import { createHash, randomUUID } from 'node:crypto';
import { encodeEventBatch } from '../../libs/contracts/src/event-batch.message';
import { encodeLogBatch } from '../../libs/contracts/src/log-batch.message';
import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import { toIso } from '../../libs/core/src/common/time-range';
import type { ChangeEventStore } from '../../libs/core/src/ingest/change-event-store.port';
import type { NormaliseContext, Normalised } from '../../libs/core/src/ingest/normalised';
import { toChangeEvent } from '../../libs/core/src/ingest/to-change-event';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import { toLogRecord } from '../../libs/core/src/logs/to-log-record';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import { toSample } from '../../libs/core/src/metrics/to-sample';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

export interface Telemetry {
  readonly logs: readonly {
    atMs: number;
    service: string;
    level: string;
    message: string;
    trace_id?: string;
    span_id?: string;
    context?: Readonly<Record<string, string>>;
  }[];
  readonly metrics: readonly { atMs: number; service: string; name: string; value: number }[];
  readonly events: readonly { atMs: number; service: string; kind: string; title: string }[];
}

export interface TelemetryStores {
  readonly logStore: LogStore;
  readonly metricStore: MetricStore;
  readonly changeEventStore: ChangeEventStore;
}

/** Normalises as ingest does, and writes to the stores as the ingest worker does. */
export async function writeTelemetry(
  stores: TelemetryStores,
  scope: ProjectScope,
  { logs, metrics, events }: Telemetry,
): Promise<void> {
  const nowMs = Date.now();
  await stores.logStore.ensurePartitions(nowMs);
  await stores.metricStore.ensurePartitions(nowMs);
  const records = logs.map((log, index) => accepted(toLogRecord(timed(log), context(scope, nowMs, index))));
  const samples = metrics.map((sample, index) =>
    accepted(toSample(timed(sample), context(scope, nowMs, index))),
  );
  const changes = events.map((event, index) =>
    accepted(toChangeEvent(timed(event), context(scope, nowMs, index))),
  );
  await stores.logStore.write(scope, encodeLogBatch(records));
  await stores.metricStore.write(scope, encodeMetricBatch(samples));
  await stores.changeEventStore.write(scope, encodeEventBatch(changes));
}

function timed<Item extends { readonly atMs: number }>({ atMs, ...item }: Item) {
  return { ...item, timestamp: toIso(atMs) };
}

function context(scope: ProjectScope, receivedAtMs: number, index: number): NormaliseContext {
  const batchHash = createHash('sha256').update(randomUUID()).digest('hex').slice(0, 10);
  const limits = { maxMessageBytes: 65_536, maxContextFields: 64, maxFutureMs: 60_000 };
  return { projectId: scope.projectId, receivedAtMs, index, batchHash, limits, source: 'api' };
}

function accepted<Item>(result: Normalised<Item>): Item {
  if (result.ok) return result.record;
  throw new Error(`the test's own record was refused: ${result.reason}`);
}

/**
 * Half an hour of four services, of which the last three minutes are an outage: a deploy of orders leaks database
 * connections, checkout, which calls it in every trace, waits for it.
 */
export function outageOfOrders(nowMs: number, strange: readonly string[] = []): Telemetry {
  const faultAtMs = nowMs - 180_000;
  const instants = Array.from({ length: 360 }, (_, index) => nowMs - (360 - index) * 5000);
  const services = ['catalog', 'checkout', 'orders', 'payments'];
  const isDown = (atMs: number) => atMs >= faultAtMs;
  return {
    logs: [
      ...instants.flatMap((atMs, index) =>
        services.map((service) => ({
          atMs,
          service,
          level: 'info',
          message: `request ${index} served in 12 ms`,
          ...(service === 'checkout' && { trace_id: `t${index}`, span_id: 'a' }),
          ...(service === 'orders' && {
            trace_id: `t${index}`,
            span_id: 'b',
            context: { parent_span_id: 'a' },
          }),
        })),
      ),
      ...instants.filter(isDown).flatMap((atMs, index) => [
        {
          atMs: atMs + 1,
          service: 'orders',
          level: 'error',
          message: `connection pool exhausted after ${30_000 + index} ms`,
        },
        {
          atMs: atMs + 900,
          service: 'checkout',
          level: 'error',
          message: `upstream timed out after ${index} ms`,
        },
      ]),
      ...strange.map((message, index) => ({
        atMs: faultAtMs + 60_000 + index * 1000,
        service: 'catalog',
        level: 'error',
        message,
      })),
    ],
    metrics: instants.flatMap((atMs, index) => [
      {
        atMs,
        service: 'orders',
        name: 'db_connections',
        value: isDown(atMs) ? 90 + (index % 5) : 12 + (index % 3),
      },
      {
        atMs,
        service: 'checkout',
        name: 'latency_ms_p95',
        value: atMs >= faultAtMs + 20_000 ? 900 + (index % 40) : 80 + (index % 7),
      },
      { atMs, service: 'payments', name: 'cpu_usage', value: 0.3 + (index % 5) / 100 },
    ]),
    events: [
      { atMs: nowMs - 1_500_000, service: 'payments', kind: 'flag', title: 'new-receipt on' },
      { atMs: faultAtMs - 15_000, service: 'orders', kind: 'deploy', title: 'orders 2.4.1' },
    ],
  };
}
