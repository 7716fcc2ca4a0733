import type { SourceRecord } from '../log-reader/source-record';

/** Records on their way: the body of one request, and from which lines each came. */
export interface LogBatch {
  /** From 1; with the run's id it names the batch, so that a repeated request is known as the same. */
  readonly number: string;
  /** Each record as JSON. */
  readonly records: readonly string[];
  /** Where each record began, as shown to people. */
  readonly places: readonly string[];
}

export interface BatchLimits {
  readonly maxRecords: number;
  /** Of JSON, before compression. A record that is longer by itself makes a batch of its own. */
  readonly maxBytes: number;
}

/** One record of POST /api/ingest/logs. */
export function toIngestJson(record: SourceRecord): string {
  return JSON.stringify({
    timestamp: record.timestamp,
    level: record.level ?? 'info',
    service: record.service,
    message: record.message,
    trace_id: record.traceId,
    span_id: record.spanId,
    correlation_id: record.correlationId,
    context: record.context,
  });
}

/** Gathers records until a limit is reached. */
export class BatchBuilder {
  private records: string[] = [];
  private places: string[] = [];
  private bytes = 0;
  private count = 0;

  constructor(private readonly limits: BatchLimits) {}

  /** Returns the batch that had to be closed to make room, where there is one. */
  add(json: string, place: string): LogBatch | undefined {
    const bytes = Buffer.byteLength(json) + 1;
    const isFull = this.records.length >= this.limits.maxRecords || this.bytes + bytes > this.limits.maxBytes;
    const closed = isFull ? this.close() : undefined;
    this.records.push(json);
    this.places.push(place);
    this.bytes += bytes;
    return closed;
  }

  /** What has been gathered so far; undefined where that is nothing. */
  close(): LogBatch | undefined {
    if (this.records.length === 0) return undefined;
    const batch = { number: String(++this.count), records: this.records, places: this.places };
    this.records = [];
    this.places = [];
    this.bytes = 0;
    return batch;
  }
}

/** For a server that takes less in one request than we send. Both halves have names of their own. */
export function halve(batch: LogBatch): readonly [LogBatch, LogBatch] {
  const middle = Math.ceil(batch.records.length / 2);
  const part = (from: number, to: number, suffix: string): LogBatch => ({
    number: `${batch.number}.${suffix}`,
    records: batch.records.slice(from, to),
    places: batch.places.slice(from, to),
  });
  return [part(0, middle, 'a'), part(middle, batch.records.length, 'b')];
}
