import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import type { Sample } from '../../core/src/metrics/sample';
import { encodeLines } from './ndjson';

/**
 * A sample as it lies in the queue; the seed's column names. What tells its series comes last, so that lines of one series end alike; its
 * project is that of the message.
 */
export interface MetricLineMessage {
  readonly timestamp: string;
  readonly metric_value: number;
  readonly metric_name: string;
  readonly service_name: string;
  readonly tags: Readonly<Record<string, string>>;
}

export function toMetricLine(sample: Sample): MetricLineMessage {
  return {
    timestamp: sample.timestamp,
    metric_value: sample.value,
    metric_name: sample.metricName,
    service_name: sample.serviceName,
    tags: sample.tags,
  };
}

/** The only place where samples become bytes. */
export function encodeMetricBatch(samples: readonly Sample[]): EncodedBatch {
  return encodeLines(samples.map(toMetricLine));
}
