import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import type { Sample } from '../../core/src/metrics/sample';
import { encodeLines } from './ndjson';

/** A sample as it lies in the queue; the seed's column names. */
export interface MetricLineMessage {
  readonly project_id: string;
  readonly metric_name: string;
  readonly service_name: string;
  readonly timestamp: string;
  readonly metric_value: number;
  readonly tags: Readonly<Record<string, string>>;
}

export function toMetricLine(sample: Sample): MetricLineMessage {
  return {
    project_id: sample.projectId,
    metric_name: sample.metricName,
    service_name: sample.serviceName,
    timestamp: sample.timestamp,
    metric_value: sample.value,
    tags: sample.tags,
  };
}

/** The only place where samples become bytes. */
export function encodeMetricBatch(samples: readonly Sample[]): EncodedBatch {
  return encodeLines(samples.map(toMetricLine));
}
