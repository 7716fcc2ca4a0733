import type { z } from 'zod';
import { toEventLine } from '../../../libs/contracts/src/event-batch.message';
import { eventsEnvelope, logsEnvelope, metricsEnvelope } from '../../../libs/contracts/src/ingest.contract';
import { toLogLine } from '../../../libs/contracts/src/log-batch.message';
import { toMetricLine } from '../../../libs/contracts/src/metric-batch.message';
import type { PlainLines } from '../../../libs/contracts/src/plain-lines';
import { PlainLogLines } from '../../../libs/contracts/src/plain-log-lines';
import { PlainSampleLines } from '../../../libs/contracts/src/plain-sample-lines';
import type { IngestQueueName } from '../../../libs/core/src/ingest/ingest-queue.port';
import type { NormaliseContext, Normalised } from '../../../libs/core/src/ingest/normalised';
import { toChangeEvent } from '../../../libs/core/src/ingest/to-change-event';
import { toLogRecord } from '../../../libs/core/src/logs/to-log-record';
import { toSample } from '../../../libs/core/src/metrics/to-sample';

export type IngestName = 'logs' | 'metrics' | 'events';
/** The body of a request: its records are under the name of their kind. */
export type RecordsEnvelope = z.ZodType<Partial<Record<IngestName, readonly unknown[]>>>;

/** What differs between the things that can be ingested: everything else is one path. */
export interface IngestKind<Item> {
  /** Also the envelope's field. */
  readonly name: IngestName;
  readonly envelope: RecordsEnvelope;
  readonly queue: IngestQueueName;
  readonly normalise: (input: unknown, context: NormaliseContext) => Normalised<Item>;
  /** As it lies in the queue. */
  readonly toLine: (item: Item) => object;
  /** For records that need no change, where there is one. */
  readonly shortWay?: new (bytes: Buffer, context: Omit<NormaliseContext, 'index'>) => PlainLines;
}

/** What does not depend on what its records are. */
export type AnyKind = Pick<IngestKind<never>, 'name' | 'envelope' | 'queue'>;

function kind<Item>(given: IngestKind<Item>): IngestKind<Item> {
  return given;
}

export const LOGS = kind({
  name: 'logs',
  envelope: logsEnvelope,
  queue: 'logs.ingest',
  normalise: toLogRecord,
  toLine: toLogLine,
  shortWay: PlainLogLines,
});
export const METRICS = kind({
  name: 'metrics',
  envelope: metricsEnvelope,
  queue: 'metrics.ingest',
  normalise: toSample,
  toLine: toMetricLine,
  shortWay: PlainSampleLines,
});
export const EVENTS = kind({
  name: 'events',
  envelope: eventsEnvelope,
  queue: 'events.ingest',
  normalise: toChangeEvent,
  toLine: toEventLine,
});
