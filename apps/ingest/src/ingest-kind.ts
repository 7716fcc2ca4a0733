import { encodeEventBatch } from '../../../libs/contracts/src/event-batch.message';
import { encodeLogBatch } from '../../../libs/contracts/src/log-batch.message';
import { encodeMetricBatch } from '../../../libs/contracts/src/metric-batch.message';
import type { IngestQueueName } from '../../../libs/core/src/ingest/ingest-queue.port';
import type { NormaliseContext, Normalised } from '../../../libs/core/src/ingest/normalised';
import { toChangeEvent } from '../../../libs/core/src/ingest/to-change-event';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';
import { toLogRecord } from '../../../libs/core/src/logs/to-log-record';
import { toSample } from '../../../libs/core/src/metrics/to-sample';

/** What differs between the things that can be ingested: everything else is one path. */
export interface IngestKind<Item> {
  /** Also the envelope's field. */
  readonly name: 'logs' | 'metrics' | 'events';
  readonly queue: IngestQueueName;
  readonly normalise: (input: unknown, context: NormaliseContext) => Normalised<Item>;
  readonly encode: (items: readonly Item[]) => EncodedBatch;
}

function kind<Item>(given: IngestKind<Item>): IngestKind<Item> {
  return given;
}

export const LOGS = kind({
  name: 'logs',
  queue: 'logs.ingest',
  normalise: toLogRecord,
  encode: encodeLogBatch,
});
export const METRICS = kind({
  name: 'metrics',
  queue: 'metrics.ingest',
  normalise: toSample,
  encode: encodeMetricBatch,
});
export const EVENTS = kind({
  name: 'events',
  queue: 'events.ingest',
  normalise: toChangeEvent,
  encode: encodeEventBatch,
});
