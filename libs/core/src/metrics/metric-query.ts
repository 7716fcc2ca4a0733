import type { TimeRange } from '../common/time-range';
import type { SeriesKey, Tags } from './sample';

export const AGGREGATIONS = [
  'avg',
  'sum',
  'min',
  'max',
  'count',
  'last',
  'p50',
  'p90',
  'p95',
  'p99',
] as const;
/** Where several series become one, `last` is the greatest of their values at the newest instant. */
export type Aggregation = (typeof AGGREGATIONS)[number];

export interface SeriesFilter {
  readonly metricName?: string;
  readonly serviceName?: string;
  /** Each given tag must have this value. */
  readonly tags?: Tags;
}

export interface MetricQuery extends SeriesFilter {
  readonly metricName: string;
  readonly range: TimeRange;
  readonly bucketSeconds: number;
  readonly aggregation: Aggregation;
  /** One line per series, one per service, or all matching series as one. */
  readonly groupBy: 'series' | 'service' | 'all';
  /** How many lines at most. */
  readonly limit: number;
}

export interface MetricPoint {
  readonly atMs: number;
  readonly value: number;
}

/** One line of an answer. Buckets without samples are absent. */
export interface MetricLine extends SeriesKey {
  readonly points: readonly MetricPoint[];
}

export interface MetricAnswer {
  readonly lines: readonly MetricLine[];
  /** How many lines match in all; more than `lines` where the limit cut. */
  readonly totalLines: number;
}

/** One question of a rule about a window; `key` comes back with each answer. */
export interface WindowRequest {
  readonly key: string;
  readonly metricName: string;
  readonly serviceName?: string;
  readonly tags?: Tags;
  readonly aggregation: Aggregation;
  readonly range: TimeRange;
  readonly groupByService: boolean;
}

/** Absent for a request (or a service) without samples in the window. */
export interface WindowAnswer {
  readonly key: string;
  /** Present where the request grouped by service. */
  readonly serviceName?: string;
  readonly value: number;
}
