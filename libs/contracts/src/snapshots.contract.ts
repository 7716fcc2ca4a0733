import { z } from 'zod';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import { SNAPSHOT_TRIGGERS, type Snapshot } from '../../core/src/snapshots/snapshot';
import { field, toTotals, totals } from './common.contract';

const service = field(z.string(), 'The service', 'checkout');
const counts = (description: string) =>
  field(z.record(z.string(), z.int()), description, { info: 40, error: 2 });

export const snapshotResponse = z
  .object({
    id: field(z.string(), 'Id of the snapshot', '5b0c8a4e-7a44-4f57-9f0e-5e8f0b8d9c10'),
    trigger: field(z.enum(SNAPSHOT_TRIGGERS), 'Why it was taken', 'scheduled'),
    taken_at: field(z.string(), 'When it was taken', '2026-01-15T12:05:00.000Z'),
    start_time: field(z.string(), 'Start of the time that it counts', '2026-01-15T12:00:00.000Z'),
    end_time: field(z.string(), 'End of that time', '2026-01-15T12:05:00.000Z'),
    count_by_level: counts('Records by level'),
    services: field(
      z.array(z.object({ service_name: service, count_by_level: counts('Its records by level') })),
      'The same by service',
      [],
    ),
    top_patterns: field(
      z.array(
        z.object({
          fingerprint: field(z.string(), 'Hash of the masked message', '9f86d081884c7d65'),
          service_name: service,
          level: field(z.string(), 'Their level', 'error'),
          count: field(z.int(), 'How many', 42),
          example: field(z.string(), 'The message of one of them', 'connection to db-1 timed out'),
        }),
      ),
      'The most frequent log patterns',
      [],
    ),
    metrics: field(
      z.array(
        z.object({
          metric_name: field(z.string(), 'Name of the metric', 'latency_ms_p95'),
          service_name: service,
          value: field(z.number(), 'Its value over that time', 125.5),
        }),
      ),
      'Key metrics',
      [],
    ),
    queues: field(
      z
        .array(
          z.object({
            queue: field(z.string(), 'Name of the queue', 'logs.ingest'),
            messages: field(z.int(), 'Waiting messages', 0),
            dead_letters: field(z.int(), 'Messages set aside', 0),
          }),
        )
        .nullable(),
      'The ingest queues; null where their engine did not answer',
      [],
    ),
    open_incidents: field(z.int(), 'Incidents that are not resolved', 0),
  })
  .meta({ id: 'Snapshot' });

export const snapshotListResponse = z.object({
  snapshots: field(z.array(snapshotResponse), 'The newest first', []),
  ...totals,
});

export function toSnapshotResponse(snapshot: Snapshot) {
  return {
    id: snapshot.id,
    trigger: snapshot.trigger,
    taken_at: toIso(snapshot.takenAtMs),
    start_time: toIso(snapshot.range.fromMs),
    end_time: toIso(snapshot.range.toMs),
    count_by_level: snapshot.countByLevel,
    services: snapshot.services.map((state) => ({
      service_name: state.serviceName,
      count_by_level: state.countByLevel,
    })),
    top_patterns: snapshot.topPatterns.map((pattern) => ({
      fingerprint: pattern.fingerprint,
      service_name: pattern.serviceName,
      level: pattern.level,
      count: pattern.count,
      example: pattern.example,
    })),
    metrics: snapshot.metrics.map(({ metricName, serviceName, value }) => ({
      metric_name: metricName,
      service_name: serviceName,
      value,
    })),
    queues:
      snapshot.queues?.map(({ queue, messages, deadLetters }) => ({
        queue,
        messages,
        dead_letters: deadLetters,
      })) ?? null,
    open_incidents: snapshot.openIncidents,
  };
}

export function toSnapshotListResponse(page: Page<Snapshot>) {
  return { snapshots: page.items.map(toSnapshotResponse), ...toTotals(page) };
}
