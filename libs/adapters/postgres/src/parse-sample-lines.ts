import { splitLines } from '../../../contracts/src/ndjson';
import type { RejectedLine } from '../../../core/src/ingest/write-outcome';
import type { SeriesKey, Tags } from '../../../core/src/metrics/sample';

/** A line of metric-batch.message.ts, ready for the table. */
export interface SampleLine {
  /** Of the line in its batch. */
  readonly index: number;
  readonly series: SeriesKey;
  readonly atMs: number;
  readonly value: number;
}

/** PostgreSQL's avg squares its values and fails beyond what a double holds: one such sample would break every sweep. */
const MAX_MAGNITUDE = 1e150;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads the lines one by one; what is no sample is rejected with its reason. */
export function parseSampleLines(ndjson: Uint8Array): {
  readonly samples: readonly SampleLine[];
  readonly rejected: readonly RejectedLine[];
} {
  const samples: SampleLine[] = [];
  const rejected: RejectedLine[] = [];
  splitLines(ndjson).forEach((line, index) => {
    const parsed = parseLine(line);
    if (typeof parsed === 'string') rejected.push({ index, reason: parsed });
    else samples.push({ ...parsed, index });
  });
  return { samples, rejected };
}

function parseLine(line: Uint8Array): Omit<SampleLine, 'index'> | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoder.decode(line));
  } catch (error) {
    return error instanceof Error ? `is no JSON: ${error.message}` : 'is no JSON';
  }
  if (typeof parsed !== 'object' || parsed === null) return 'is no JSON object';
  const { metric_name, service_name, timestamp, metric_value, tags } = parsed as Record<string, unknown>;
  if (typeof metric_name !== 'string') return 'metric_name is no text';
  if (typeof service_name !== 'string') return 'service_name is no text';
  if (typeof metric_value !== 'number' || !Number.isFinite(metric_value))
    return 'metric_value is no finite number';
  if (Math.abs(metric_value) > MAX_MAGNITUDE) return 'metric_value is beyond 1e150';
  if (!isTags(tags)) return 'tags is no object of texts';
  const atMs = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN;
  if (Number.isNaN(atMs)) return 'timestamp is no instant';
  return {
    series: { metricName: metric_name, serviceName: service_name, tags },
    atMs,
    value: metric_value,
  };
}

function isTags(value: unknown): value is Tags {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((tag) => typeof tag === 'string')
  );
}
